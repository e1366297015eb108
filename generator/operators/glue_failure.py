"""Why a run of a Glue job did not succeed: what Glue says, and the end of its log."""

from __future__ import annotations

from typing import Any

from generator.operators.glue_run import JobRun
from generator.operators.job_log import last_lines

_GROUP = "/aws-glue/jobs"
_KINDS = ("output", "error")


def reason(run: JobRun) -> str:
    """Return in words how a run ended that did not succeed, with what Glue says about it."""
    said = (run.get("ErrorMessage") or run.get("StateDetail") or "").strip()
    state = run["JobRunState"]
    words = {
        "FAILED": "failed",
        "STOPPED": "was stopped before its end, by a person or a program outside of this task",
        "TIMEOUT": f"took longer than its timeout of {run.get('Timeout', '?')} minutes",
        "ERROR": "ended in state ERROR: Glue could not run the job",
        "EXPIRED": "expired: Glue found no capacity for it within its time",
    }.get(state, f"is in state {state}")
    return f"{words}: {said}" if said else words


def last_words(logs: Any, stream: str, run: JobRun) -> list[str]:
    """Return the last lines of both log streams of a run, with the traceback, each with a title.

    ``logs`` is a client of CloudWatch Logs, ``stream`` the id of the run.
    https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
    """
    groups = [f"{(run.get('LogGroupName') or _GROUP).rstrip('/')}/{kind}" for kind in _KINDS]
    found = {group: last_lines(logs, group, stream) for group in groups}
    titled = [[f"The end of {group}:", *lines] for group, lines in found.items() if lines]
    return [line for part in titled for line in part]
