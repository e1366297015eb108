"""`start-date`: a scheduled pipeline says from which real day on it runs.

Airflow counts the dates of a schedule from `start_date` and schedules nothing without one. It is a
day of the calendar, written as year, month and day, and it begins at midnight UTC.

A day in the past is fine: the dates that were missed are left out, unless `catchup` is true.

    schema_version: 1
    name: example
    owner: growth-data-science
    schedule: "@daily"
    start_date: 2026-02-30
    glue:
      script: clean.py
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
