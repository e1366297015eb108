"""Carries out a plan: stage by stage, several objects at once, and keeps the manifest true."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from generator.deployment.bucket import Buckets
from generator.deployment.manifest import STOPPED, Entry, Manifest, Record
from generator.deployment.plan import Fate, Item, Plan, digest

_AT_ONCE = 8


def carry_out(plan: Plan, buckets: Buckets, record: Record) -> None:
    """Do all steps, so that whatever ends it, doing it again goes on from there.

    Raises BusyError, before the first step or between two stages, and what botocore raises.
    """
    progress = _Progress(plan.begun, buckets)
    record.write(progress.manifest)
    try:
        for stage in plan.stages():
            progress.advance(stage)
            record.write(progress.manifest)  # says that we are alive, and that nobody else is at it
    except BaseException:  # Ctrl-C, too
        with suppress(Exception):  # the first reason is the one to tell
            record.write(replace(progress.manifest, state=STOPPED))
        raise
    record.write(replace(plan.done, objects=progress.manifest.objects))


class _Progress:
    """The manifest as it grows."""

    def __init__(self, begun: Manifest, buckets: Buckets) -> None:
        self._begun = begun
        self._buckets = buckets
        self._entries = {part: dict(entries) for part, entries in begun.objects.items()}

    @property
    def manifest(self) -> Manifest:
        objects = {part: dict(entries) for part, entries in self._entries.items()}
        return replace(self._begun, objects=objects)

    def advance(self, stage: list[Item]) -> None:
        """Do the steps of one stage; the first that fails ends it, once those begun are over."""
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for future in [pool.submit(self._do, item) for item in stage]:
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _do(self, item: Item) -> None:
        bucket, entries = self._buckets[item.part], self._entries[item.part]
        if item.fate is Fate.DELETE:
            bucket.delete(item.key)
            entries.pop(item.key)
        else:
            etag = bucket.put(item.key, item.content)
            entries[item.key] = Entry(digest(item.content), etag)
