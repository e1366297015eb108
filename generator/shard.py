"""How the pipelines of a project are spread over several loader files.

Airflow gives each file a process and `dagbag_import_timeout` seconds, so a file must not hold too
many; and one file keeps only one of its `parsing_processes` busy.
"""

from __future__ import annotations

from hashlib import sha256

PER_LOADER = 250
"""Pipelines of one loader file at most; see docs/scaling.md."""

_MASK = (1 << 64) - 1


def loaders_for(pipelines: int) -> int:
    """Return how many loader files a project needs, at least one."""
    return max(1, -(-pipelines // PER_LOADER))


def shard(name: str, count: int) -> int:
    """Return the shard of a pipeline, from 1 to ``count``.

    It depends on nothing else; and where a shard is added, pipelines move only to that one.
    Source: Lamping, Veach: A Fast, Minimal Memory, Consistent Hash Algorithm, 2014
    (https://arxiv.org/abs/1406.2294).
    """
    key = int.from_bytes(sha256(name.encode()).digest()[:8], "big")
    bucket, jump = 0, 0
    while jump < count:
        bucket = jump
        key = (key * 2862933555777941757 + 1) & _MASK
        jump = int((bucket + 1) * ((1 << 31) / ((key >> 33) + 1)))
    return bucket + 1
