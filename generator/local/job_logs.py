"""The CloudWatch logs of a run's jobs, followed line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

GROUPS = ("/aws-glue/jobs/output", "/aws-glue/jobs/error", "/aws/sagemaker/TrainingJobs")


class JobLogs:
    """Reads the log streams of jobs, whole or from where it was last."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._tokens: dict[tuple[str, str], str] = {}

    def skip(self) -> None:
        """Pass over everything that was logged until now."""
        for _ in self.new_lines():
            pass

    def new_lines(self) -> Iterator[str]:
        """Yield what the jobs have logged since the last call."""
        for group in GROUPS:
            for stream in self._streams(group):
                yield from self._read(group, stream)

    def lines(self, group: str, prefix: str) -> list[str]:
        """Return every line of the streams of ``group`` whose names start with ``prefix``."""
        streams = self._streams(group, logStreamNamePrefix=prefix)
        for stream in streams:
            self._tokens.pop((group, stream), None)
        return [line for stream in streams for line in self._read(group, stream)]

    def _streams(self, group: str, **filters: str) -> list[str]:
        pages = self._logs.get_paginator("describe_log_streams")
        try:
            found = pages.paginate(logGroupName=group, **filters).build_full_result()
        except ClientError:  # no job of this kind has run yet
            return []
        return [stream["logStreamName"] for stream in found["logStreams"]]

    def _read(self, group: str, stream: str) -> Iterator[str]:
        """Yield the events after the last one that was read; the token of the end repeats."""
        where = {"logGroupName": group, "logStreamName": stream}
        while True:
            token = self._tokens.get((group, stream))
            position = {"nextToken": token} if token else {"startFromHead": True}
            answer = self._logs.get_log_events(**where, **position)
            self._tokens[group, stream] = answer["nextForwardToken"]
            yield from (event["message"] for event in answer["events"])
            if answer["nextForwardToken"] == token or not answer["events"]:
                return
