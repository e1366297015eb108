"""A throw-away Airflow on this machine: its home folder, its variables and its database."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generator.local.processes import Processes
from generator.project import ROOT_VARIABLE, Project


class AirflowFailedError(Exception):
    """Airflow could not be set up; the text ends with what it printed."""


@dataclass(frozen=True)
class TaskState:
    """One task of a run as Airflow's database has it; ``seconds`` is None until it ends."""

    task: str
    state: str
    seconds: float | None
    tries: int


class AirflowHome:
    """An AIRFLOW_HOME in ``folder`` that runs the project's DAGs against an emulated AWS."""

    def __init__(
        self, project: Project, environment: str, aws: Mapping[str, str], folder: Path
    ) -> None:
        self._project = project
        self.folder = folder
        self.database = folder / "airflow.db"
        self.variables = {
            **_inherited(),
            **aws,
            **_settings(project, folder),
            ROOT_VARIABLE: str(project.root),
            "PIPELINES_ENV": environment,
        }

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of Airflow with this interpreter."""
        return [sys.executable, "-m", "airflow", *arguments]

    def create_database(self, processes: Processes) -> None:
        """Make an empty, migrated database; a copy of an earlier one where there is one.

        The migration takes seconds, its result is the same for one version of Airflow. Raises
        AirflowFailedError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self._project.root / "build" / "airflow" / f"{version('apache-airflow')}.db"
        try:
            shutil.copyfile(kept, self.database)
            return
        except OSError:
            self.database.unlink(missing_ok=True)
        process = processes.start(self.command("db", "migrate"), self.folder, self.variables)
        if process.wait() != 0:
            raise AirflowFailedError(self.printed(lines=20))
        _keep(self.database, kept)

    def task_states(self, dag: str) -> list[TaskState]:
        """Return the tasks of the one run of ``dag``, in the order in which they started."""
        rows = self._read(
            "SELECT task_id, state, start_date, end_date, try_number FROM task_instance "
            "WHERE dag_id = ? ORDER BY start_date IS NULL, start_date, task_id",
            dag,
        )
        return [
            TaskState(task, state or "none", _seconds(start, end), tries or 0)
            for task, state, start, end, tries in rows
        ]

    def results(self, dag: str) -> dict[str, Any]:
        """Return what each task of ``dag`` returned (its XCom), by task."""
        rows = self._read(
            "SELECT task_id, value FROM xcom WHERE dag_id = ? AND key = 'return_value'", dag
        )
        return {task: _decoded(value) for task, value in rows}

    def printed(self, part: str = ".", lines: int | None = None) -> str:
        """Return what Airflow printed (one ``part`` of it), or only the last ``lines``."""
        found: list[str] = []
        for name in ("stdout.log", "stderr.log"):
            file = self.folder / part / name
            if file.is_file():
                found += file.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(found[-lines:] if lines else found)

    def _read(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()


def _inherited() -> dict[str, str]:
    """Return our variables without another Airflow's settings and a developer's AWS profile."""
    foreign = ("AIRFLOW", "AWS_", "_AIRFLOW")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _settings(project: Project, folder: Path) -> dict[str, str]:
    package = str(Path(__file__).resolve().parents[2])
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project.dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # dag-factory reports every run to its makers otherwise.
        "AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY": "False",
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),  # so that what a parse keeps goes away with this Airflow
    }


def _keep(database: Path, kept: Path) -> None:
    """Save a copy for the next time; a folder that cannot be written to is no error."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}.part")
        shutil.copyfile(database, part)
        part.replace(kept)
    except OSError:
        pass


def _seconds(start: str | None, end: str | None) -> float | None:
    if not start or not end:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _decoded(value: Any) -> Any:
    """Airflow 3 stores XCom values as JSON, in SQLite as text of it, sometimes twice."""
    while isinstance(value, (str, bytes)):
        try:
            value = json.loads(value)
        except ValueError:
            break
    return value
