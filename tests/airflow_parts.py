"""A whole Airflow, as on MWAA: scheduler, triggerer, dag processor and API server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from generator.local.airflow import AirflowHome
from generator.local.processes import Processes
from generator.local.ui import PARTS

ENDED = {"success", "failed", "upstream_failed", "skipped"}
LONGEST = 240.0
"""Seconds that a run may take."""


@contextmanager
def running(home: AirflowHome) -> Iterator[None]:
    """Let every part of Airflow work in ``home``, whose DAGs are switched on at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": "only for this test",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only for this test, and long enough for a key",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    }
    processes = Processes()
    try:
        for name in sorted(PARTS):  # the API server comes first: the tasks need it
            (home.folder / name).mkdir()
            command = home.command(name, *PARTS[name])
            processes.start(command, home.folder / name, home.variables | settings)
            _await_connection(port)
        yield
    finally:
        processes.close()
        processes.clean_up()


def _await_connection(port: int) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        time.sleep(0.5)
    raise AssertionError("the API server did not start")


def await_end(home: AirflowHome, dag: str) -> dict[str, str]:
    """Wait until every task of a DAG's run has ended; return their states."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        states = {task.task: task.state for task in home.task_states(dag)}
        if states and set(states.values()) <= ENDED:
            return states
        time.sleep(1)
    raise AssertionError(f"the run of {dag} did not end: {states}")
