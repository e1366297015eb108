"""`start-date`: a scheduled pipeline says from which real day on it runs.

Airflow schedules nothing without a start date, and a date like 2026-02-30 does not exist.
"""

from collections.abc import Iterator
from datetime import date

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    start = subject.data.get("start_date")
    if start is None:
        if subject.data.get("schedule") is not None and "start_date" not in subject.written:
            message = "a schedule needs a start_date"
            hint = "for example `start_date: 2026-01-05`"
            yield Finding(("schedule",), "start-date", message, hint, at_key=True)
        return
    try:
        date.fromisoformat(start)
    except ValueError:
        yield Finding(("start_date",), "start-date", f"there is no day '{start}'")
