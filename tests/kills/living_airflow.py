"""An Airflow of one version whose parts are processes of their own, to be killed one by one."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil

from generator.local.processes import Process, Processes

VERSION = os.environ.get("KILLS_AIRFLOW", "")
"""A version of Airflow on MWAA, to try the same there; without one, it is the one in .venv."""

LONGEST_START = 120.0
"""Seconds until a part that does not answer counts as failed."""

IMPATIENCE = {
    # After a kill Airflow waits until a heart has not beaten for minutes; here for seconds.
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "8",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "3",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    # What Airflow 2 calls them.
    "AIRFLOW__SCHEDULER__LOCAL_TASK_JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "12",
    "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "2",
    # Nobody changes the files.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
    "AIRFLOW__DAG_PROCESSOR__STALE_DAG_THRESHOLD": "36000",
    "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "3600",
    "AIRFLOW__SCHEDULER__STALE_DAG_THRESHOLD": "36000",
}


class LivingAirflow:
    """All parts of Airflow in ``home``, run by ``python``; ``variables`` say what it is to do.

    ``version`` is Airflow's. Other programs of this machine can reach it, nobody else.
    """

    def __init__(
        self, version: str, python: Path, home: Path, variables: Mapping[str, str]
    ) -> None:
        self.is_2 = version.startswith("2.")
        self.home = home
        self._python = python
        self._processes = Processes()
        self._parts: dict[str, Process] = {}
        self._url = f"http://127.0.0.1:{free_port()}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._headers = {"Content-Type": "application/json"}
        self._variables = {**variables, **IMPATIENCE, **self._settings()}

    def _settings(self) -> dict[str, str]:
        port = self._url.rpartition(":")[2]
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": port,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": "only for this test",
            "AIRFLOW__API_AUTH__JWT_SECRET": "only for this test, and long enough for a key",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self._url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            # Airflow 2: anybody may call, and SQLite serves a LocalExecutor, too.
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default",
            "AIRFLOW__WEBSERVER__SECRET_KEY": "only for this test",
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
        }

    def _commands(self) -> dict[str, list[str]]:
        port = self._url.rpartition(":")[2]
        scheduler = {"scheduler": ["scheduler", "--skip-serve-logs"]}
        triggerer = {"triggerer": ["triggerer", "--skip-serve-logs"]}
        if self.is_2:
            server = ["webserver", "--hostname", "127.0.0.1", "--port", port, "--workers", "1"]
            return {"api-server": server, **scheduler, **triggerer}
        parts = {"api-server": ["api-server"], "dag-processor": ["dag-processor"]}
        return {**parts, **scheduler, **triggerer}

    def start(self) -> None:
        """Start every part and wait until Airflow answers and knows the DAGs' folder."""
        if self.is_2:
            (self.home / "webserver_config.py").write_text("AUTH_ROLE_PUBLIC = 'Admin'\n")
        for part in self._commands():
            self.start_part(part)
            if part == "api-server":  # the others need it
                await_that(self._answers, "the API server answers", LONGEST_START)
        if not self.is_2:
            answer = self._send("GET", "/auth/token")
            self._headers["Authorization"] = f"Bearer {answer['access_token']}"

    def start_part(self, part: str) -> None:
        """Start one part, in a folder that gets what it prints."""
        folder = self.home / part
        folder.mkdir(exist_ok=True)
        command = [str(self._python), "-m", "airflow", *self._commands()[part]]
        self._parts[part] = self._processes.start(command, folder, self._variables)

    def migrate(self) -> None:
        """Make the database."""
        command = [str(self._python), "-m", "airflow", "db", "migrate"]
        process = self._processes.start(command, self.home, self._variables)
        assert process.wait(LONGEST_START) == 0

    def kill_part(self, part: str) -> None:
        """SIGKILL a part with all that it has started, as when its machine dies."""
        process = self._parts.pop(part)
        for child in self.children(process.pid):
            child.kill()
        process.kill()
        process.wait()

    def terminate_part(self, part: str) -> None:
        """Ask a part to end (SIGTERM) as a deployment does, and wait until it has."""
        process = self._parts.pop(part)
        code = process.stop(grace=30.0)
        assert code != -signal.SIGKILL, f"the {part} did not end"

    @staticmethod
    def children(pid: int) -> list[psutil.Process]:
        """Return all that a process has started, and what that has."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(pid).children(recursive=True)
        return []

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the REST API, which has another version in Airflow 2; None where there is nothing.

        Raises urllib.error.HTTPError.
        """
        return self._send(method, f"/api/{'v1' if self.is_2 else 'v2'}{path}", body)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, self._headers, method=method)
        with self._opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def _answers(self) -> bool:
        with suppress(urllib.error.URLError, OSError):
            path = "/api/v1/health" if self.is_2 else "/api/v2/version"
            return bool(self._send("GET", path))
        return False

    def await_dags(self, *names: str) -> None:
        """Wait until Airflow has these DAGs."""
        query = "SELECT dag_id FROM dag WHERE NOT is_paused"
        wanted = set(names)
        await_that(lambda: wanted <= {row[0] for row in self.rows(query)}, "the DAGs are there")

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Return rows of Airflow's database."""
        uri = f"{(self.home / 'airflow.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def stop(self) -> None:
        """Kill everything."""
        for part in list(self._parts):
            self.kill_part(part)
        self._processes.close()
        self._processes.clean_up()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_that(
    condition: Callable[[], Any], what: str, seconds: float = 60.0, pause: float = 0.2
) -> Any:
    """Wait until a condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}"
        time.sleep(pause)
    return found
