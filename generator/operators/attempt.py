"""Which tries of a task belong together: those since it was last cleared."""

from __future__ import annotations

from typing import Any


def first_try(context: Any) -> int:
    """Return the number of the first try since the task was last cleared, at least 1.

    Clearing a task gives it all its retries anew: ``max_tries`` is then the number of the last try
    and the retries on top. Airflow finds a task's first try in the same way, in
    ``RuntimeTaskInstance.get_first_reschedule_date``.
    """
    ti = context["ti"]
    return max(1, min(ti.try_number, ti.max_tries - ti.task.retries + 1))
