"""The versions of Airflow that Amazon MWAA offers, and what differs between them."""

from __future__ import annotations

import re
from typing import NamedTuple

RUN_AFTER = "dag_run.run_after"
"""What a pipeline calls the time at which its run is due."""


class AirflowVersion(NamedTuple):
    """One version of Airflow with the Amazon provider in MWAA's image of it.

    Source: the bills of materials in https://github.com/aws/amazon-mwaa-docker-images.
    """

    name: str
    provider: str

    @property
    def number(self) -> tuple[int, ...]:
        """``(3, 3, 1)``, to compare with."""
        return number(self.name)

    @property
    def major(self) -> int:
        """2 or 3."""
        return self.number[0]

    @property
    def run_after(self) -> str:
        """What a run-time template calls the time at which a run is due.

        Airflow 2 has no ``dag_run.run_after``; the end of the data interval is the same time.
        """
        return RUN_AFTER if self.major >= 3 else "dag_run.data_interval_end"

    @property
    def cron_timetable(self) -> str | None:
        """The timetable that a cron schedule must name, or None where it is the default.

        By default Airflow 2 dates a run by the start of its interval, a week or a day before it
        runs; Airflow 3 by the time at which it runs:
        https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/timetable.html
        """
        return None if self.major >= 3 else "airflow.timetables.trigger.CronTriggerTimetable"

    @property
    def callbacks_read_xcom(self) -> bool:
        """Whether a DAG's own callback can read XCom.

        In Airflow 3.0 it would wait for an answer until the dag processor gives it up: its
        ``DagFileProcessorProcess`` knows no such question.
        """
        return self.number[:2] != (3, 0)

    @property
    def param_type(self) -> str:
        """Where a DAG's Param lives."""
        return "airflow.sdk.Param" if self.major >= 3 else "airflow.models.param.Param"

    @property
    def start_date(self) -> str | None:
        """The start date of a DAG that names none; Airflow 2 insists on one, in the past."""
        return None if self.major >= 3 else "2020-01-01"


VERSIONS = (
    AirflowVersion("2.11.2", provider="9.22.0"),
    AirflowVersion("3.0.6", provider="9.12.0"),
    AirflowVersion("3.2.1", provider="9.25.0"),
    AirflowVersion("3.3.1", provider="9.34.0"),
)
NEWEST = VERSIONS[-1]

REQUIREMENTS = ("dag-factory==1.1.0",)
"""What the loader imports and none of MWAA's images holds, as setup.cfg pins it."""


def nearest(name: str) -> AirflowVersion:
    """Return the newest version that is not newer than ``name``, or the oldest of all."""
    older = [version for version in VERSIONS if version.number <= number(name)]
    return older[-1] if older else VERSIONS[0]


def number(name: str) -> tuple[int, ...]:
    """Return ``(3, 3, 1)`` for ``"3.3.1"`` or ``"3.3.1rc1"``."""
    digits = (re.match(r"\d+", part) for part in name.split("."))
    return tuple(int(found[0]) for found in digits if found)
