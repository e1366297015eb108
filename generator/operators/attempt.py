"""Which tries of a task belong together: those since it was last cleared."""

from __future__ import annotations

import sys
from typing import Any

from generator.operators.job_trigger import state_of

try:
    from airflow.sdk.exceptions import AirflowTaskTimeout
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import AirflowTaskTimeout  # type: ignore[no-redef]

_GOES_ON = ("scheduled", "queued", "running", "deferred", "up_for_retry")
"""States of a task that nobody has cleared or marked."""


def first_try(context: Any) -> int:
    """Return the number of the first try since the task was last cleared, at least 1.

    Clearing a task gives it all its retries anew: ``max_tries`` is then the number of the last try
    and the retries on top. Airflow finds a task's first try in the same way, in
    ``RuntimeTaskInstance.get_first_reschedule_date``.
    """
    ti = context["ti"]
    return max(1, min(ti.try_number, ti.max_tries - ti.task.retries + 1))


def is_tried_again(context: Any) -> bool:
    """Tell whether this try is ended because another runs or will run, which needs its job.

    So it is when a worker was silent for too long and another has its task, and when a worker is
    shut down. It is not when a user has cleared the task or marked it, nor when its time is over.
    """
    ti = context["ti"]
    if isinstance(sys.exception(), AirflowTaskTimeout) or ti.try_number > ti.max_tries:
        return False
    try:
        return str(state_of(ti)) in _GOES_ON
    except Exception:  # no answer from Airflow: then nobody else may know of the job
        return False
