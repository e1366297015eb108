"""`schedule`: a schedule is five cron fields or a preset.

The five fields are minute, hour, day of the month, month and weekday, in UTC: `0 6 * * MON` is
every Monday at six. The presets are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@quarterly`,
`@yearly`, `@once` and `@continuous`; a pipeline with `@continuous` starts again as soon as it has
ended, so it can have only one run at a time. Airflow refuses anything else when it loads the DAG,
and a sixth field would mean seconds, which its scheduler does not keep.

Both forms need quotes where they start with a character that YAML keeps for itself, `@` or `*`.

    schedule: 0 6 * *
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from generator.checks.subject import Subject
from generator.problem import Finding, did_you_mean, only_match
from generator.yaml_file.quoting import written

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
    message, fields = f"'{schedule}' is not a schedule", schedule.split()
    preset = only_match(schedule, PRESETS) if len(fields) == 1 else None
    if preset or schedule.startswith("@"):
        hint = did_you_mean(schedule, PRESETS) or "known: " + ", ".join(PRESETS)
        meant = written(preset) if preset else None
        yield Finding(("schedule",), "schedule", message, hint, replacement=meant)
    elif len(fields) != 5:
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
