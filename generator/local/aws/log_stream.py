"""A CloudWatch log stream that a job's lines are sent to while the job runs."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
MOST_EVENTS_PER_CALL = 1_000


class LogStream:
    """Lines written here appear in CloudWatch Logs; close() returns when the last one has."""

    def __init__(self, logs: Any, group: str, stream: str) -> None:
        self._logs = logs
        self._where = {"logGroupName": group, "logStreamName": stream}
        self._lines: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**self._where)
        self._thread = Thread(target=self._send, daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Adds one line; an empty one becomes a blank, as CloudWatch takes no empty message."""
        self._lines.put({"timestamp": int(time.time() * 1000), "message": line or " "})

    def close(self) -> None:
        """Sends what is left."""
        self._lines.put(None)
        self._thread.join()

    def _send(self) -> None:
        while (first := self._lines.get()) is not None:
            events, ended = self._drain([first])
            # The server may be going away: a lost line must not keep the job from ending.
            with suppress(Exception):
                self._logs.put_log_events(**self._where, logEvents=events)
            if ended:
                return

    def _drain(self, events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
        with suppress(Empty):
            while len(events) < MOST_EVENTS_PER_CALL:
                event = self._lines.get_nowait()
                if event is None:
                    return events, True
                events.append(event)
        return events, False
