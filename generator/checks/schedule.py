"""`schedule`: a schedule is five cron fields or a preset.

Airflow refuses any other text when it loads the DAG. Six fields would mean seconds, which
Airflow's scheduler does not keep.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from generator.checks.subject import Subject
from generator.problem import Finding, did_you_mean

PRESETS = (
    "@continuous",
    "@daily",
    "@hourly",
    "@monthly",
    "@once",
    "@quarterly",
    "@weekly",
    "@yearly",
)


_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def check(subject: Subject) -> Iterator[Finding]:
    schedule = subject.data.get("schedule")
    if schedule == "@continuous" and subject.data.get("max_active_runs", 1) > 1:
        message = "a continuous pipeline runs once at a time"
        yield Finding(("max_active_runs",), "schedule", message, "remove max_active_runs")
    if schedule is None or schedule in PRESETS:
        return
    message = f"'{schedule}' is not a schedule"
    if schedule.startswith("@"):
        hint = did_you_mean(schedule, PRESETS) or "known: " + ", ".join(PRESETS)
        yield Finding(("schedule",), "schedule", message, hint)
    elif len(schedule.split()) != 5:
        hint = "five fields: minute hour day month weekday, for example 0 6 * * MON"
        yield Finding(("schedule",), "schedule", message, hint)
    elif reason := _refusal(schedule):
        yield Finding(("schedule",), "schedule", message, reason)


@cache
def _refusal(schedule: str) -> str:
    from croniter import CroniterError, croniter  # here, because its import takes a while

    try:
        croniter(schedule, _SOME_DAY).get_next()  # no day is February the 30th
    except (CroniterError, ValueError) as error:
        return str(error)
    return ""
