"""The last lines of a job's log, as its task shows them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

MOST_LINES = 20
_MOST_STREAMS = 5
_LONGEST_LINE = 500


def last_lines(logs: Any, group: str, prefix: str, most: int = MOST_LINES) -> list[str]:
    """Return the last lines of the streams of ``group`` whose names start with ``prefix``.

    ``logs`` is a client of CloudWatch Logs. Where there is no log, or no permission to read it,
    the one line says so: a reason must not be lost for want of another.
    """
    try:
        found = logs.describe_log_streams(
            logGroupName=group, logStreamNamePrefix=prefix, limit=_MOST_STREAMS
        )
        events = [
            event
            for stream in found["logStreams"]
            for event in logs.get_log_events(
                logGroupName=group,
                logStreamName=stream["logStreamName"],
                limit=most,
                startFromHead=False,
            )["events"]
        ]
    except (BotoCoreError, ClientError) as error:
        return [f"(no log: {error})"]
    events.sort(key=lambda event: event["timestamp"])
    # Glue writes a whole traceback as one event.
    lines = [line for event in events[-most:] for line in event["message"].rstrip().splitlines()]
    return [line[:_LONGEST_LINE] for line in lines[-most:]]
