"""The function of infra/trigger as Lambda runs it: its folder is the path, and time runs out."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from examples import ROOT

FOLDER = ROOT / "infra" / "trigger"
MODULES = sorted(file.stem for file in FOLDER.glob("*.py"))


class Context:
    """What Lambda hands to a function beside the event."""

    def __init__(self, seconds: float = 120) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(1000 * (self._end - time.monotonic())))


@contextmanager
def loaded() -> Iterator[dict[str, Any]]:
    """Yield the function's modules, by name; new ones, with a client of their own."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(FOLDER))
        client = sys.modules["rest_api"]._client
        if client.cache_info().currsize:
            client().close()
        for name in MODULES:
            del sys.modules[name]


def event(**changes: Any) -> dict[str, Any]:
    """An event as S3 sends it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-11-12T06:30:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::incoming"],
        "detail": {
            "version": "0",
            "bucket": {"name": "incoming"},
            "object": {"key": "churn/november.csv", "size": 5, "sequencer": "617f08299329d189"},
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "reason": "PutObject",
        },
    } | changes
