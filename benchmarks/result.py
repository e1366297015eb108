"""One row of the table."""

from __future__ import annotations

from typing import NamedTuple

TIMEOUT = 30.0
"""Seconds that Airflow gives a DAG file: `dagbag_import_timeout`."""


class Result(NamedTuple):
    """A row of the table: ``better`` is "<=" or ">=", in which the goal is met."""

    measure: str
    value: float
    better: str
    goal: float | None
    unit: str = "x"
    also: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "<=" else self.value >= self.goal
