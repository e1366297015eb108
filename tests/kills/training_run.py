"""One run of a pipeline that only trains, seen from Airflow and from AWS."""

from __future__ import annotations

import itertools
import time
import uuid
from typing import Any

import psutil
from account import Account
from living_airflow import LivingAirflow, await_that

TASK = "train"
LONGEST = 150.0
"""Seconds after which a run must have ended, whatever was killed."""

SECONDS_TO_BEGIN = 2.0
"""In which a triggerer has begun a trigger that is its own."""

_numbers = itertools.count(1)


class TrainingRun:
    """A run of ``dag``, started at once; ``part`` is in the names of its jobs and of no other's."""

    def __init__(self, airflow: LivingAirflow, account: Account, dag: str) -> None:
        self._airflow = airflow
        self._account = account
        self.dag = dag
        self.id = f"by-hand-{next(_numbers)}"
        self.part = uuid.uuid5(uuid.NAMESPACE_OID, f"{dag}/{self.id}").hex[:8]
        body: dict[str, Any] = {"dag_run_id": self.id}
        if not airflow.is_2:
            body["logical_date"] = None
        airflow.call("POST", f"/dags/{dag}/dagRuns", body)

    def begin(self) -> str:
        """Wait until its job runs, which is held, and the task waits; return the job's name."""
        name = self._account.hold(self.part)
        if self.dag == "deferred":
            self.await_task("deferred")
            query = "SELECT count(*) FROM trigger WHERE triggerer_id IS NOT NULL"
            await_that(lambda: self._airflow.rows(query)[0][0], "a triggerer has the trigger")
            time.sleep(SECONDS_TO_BEGIN)
        else:
            self.await_task("running")
        return name

    @property
    def state(self) -> str:
        """The run's state."""
        return str(self._row("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?"))

    @property
    def task_state(self) -> str:
        return str(self._task("state"))

    @property
    def tries(self) -> int:
        return int(self._task("try_number"))

    @property
    def process(self) -> psutil.Process:
        """The process that runs the task's code."""
        return psutil.Process(await_that(lambda: self._task("pid"), "the task has a process"))

    @property
    def log(self) -> str:
        """What the task has logged in all its tries."""
        folder = self._airflow.home / "logs" / f"dag_id={self.dag}" / f"run_id={self.id}"
        files = sorted(folder.rglob("*.log*"))
        return "\n".join(file.read_text("utf-8", errors="replace") for file in files)

    def let_go(self) -> None:
        """Let all its jobs go on, so that a run that went wrong is not in the next one's way."""
        for name in self.jobs:
            self._account.release(name)

    @property
    def jobs(self) -> dict[str, str]:
        """The status of each of its training jobs, oldest first."""
        return self._account.jobs(self.part)

    def clear(self) -> None:
        """Clear the task as a person does."""
        body: dict[str, Any] = {"dry_run": False, "only_failed": False, "task_ids": [TASK]}
        body |= {"dag_run_id": self.id, "reset_dag_runs": True}
        self._airflow.call("POST", f"/dags/{self.dag}/clearTaskInstances", body)

    def mark_failed(self) -> None:
        """Mark the task as failed as a person does."""
        path = f"/dags/{self.dag}/dagRuns/{self.id}/taskInstances/{TASK}"
        body: dict[str, Any] = {"new_state": "failed"}
        if self._airflow.is_2:
            path = f"/dags/{self.dag}/updateTaskInstancesState"
            body |= {"dag_run_id": self.id, "task_id": TASK, "dry_run": False}
            body |= dict.fromkeys(
                (f"include_{what}" for what in ("upstream", "downstream", "future", "past")), False
            )
        self._airflow.call("POST" if self._airflow.is_2 else "PATCH", path, body)

    def await_task(self, state: str) -> None:
        """Wait until the task is in a state."""
        await_that(lambda: self.task_state == state, f"the task is {state}")

    def await_try(self, number: int) -> None:
        """Wait until a try of the task runs, or has run."""
        await_that(lambda: self.tries >= number, f"there is try {number}")

    def await_process(self, other: psutil.Process) -> None:
        """Wait until the task runs in another process."""
        await_that(lambda: self.process.pid != other.pid, "another process runs the task")

    def await_job(self, name: str, status: str) -> None:
        """Wait until a job is in a state."""
        await_that(lambda: self.jobs.get(name) == status, f"{name} is {status}")

    def await_end(self) -> str:
        """Wait until the run has ended; return how."""
        await_that(lambda: self.state in ("success", "failed"), "the run ends", LONGEST)
        return self.state

    def _task(self, column: str) -> Any:
        query = f"SELECT {column} FROM task_instance WHERE dag_id = ? AND run_id = ?"
        return self._row(query)

    def _row(self, query: str) -> Any:
        rows = self._airflow.rows(query, self.dag, self.id)
        return rows[0][0] if rows else None
