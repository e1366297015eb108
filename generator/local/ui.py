"""Airflow's own web interface on the emulated AWS, until Ctrl-C."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

from rich.console import Console

from generator.environment import Environment
from generator.local.account_setup import Clients, set_up
from generator.local.airflow import AirflowFailedError, AirflowHome
from generator.local.processes import Process
from generator.local.session import child_processes, emulated_aws
from generator.project import Project

LONGEST_START = 180.0
"""Seconds until a web interface that does not answer counts as failed."""


def serve(project: Project, environment: Environment, port: int, console: Console) -> None:
    """Start Airflow with all its parts, print address and password, stay until it ends.

    Raises AirflowFailedError where it does not come up.
    """
    region = environment.values["region"]
    with emulated_aws(region, console) as aws, child_processes() as processes:
        set_up(project, environment, Clients(aws))
        home = AirflowHome(project, environment.name, aws, processes.folder / "airflow")
        port = port or _free_port()
        variables = {**home.variables, **_web_settings(port, home.folder)}
        with console.status("Starting Airflow (about half a minute)"):
            home.create_database(processes)
            process = processes.start(home.command("standalone"), home.folder, variables)
            _await_answer(f"http://127.0.0.1:{port}/api/v2/version", process, home)
        console.print(f"\nAirflow:  http://127.0.0.1:{port}")
        console.print(f"User:     admin\nPassword: {_password(home.folder)}")
        console.print("\nSwitch a pipeline on and press Trigger. Ctrl-C ends everything.")
        try:
            process.wait()
        except KeyboardInterrupt:
            with console.status("Stopping"):
                process.stop()
            return
        raise AirflowFailedError(home.printed(lines=20))


def _web_settings(port: int, folder: Path) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(url: str, process: Process, home: AirflowHome) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline:
        if process.wait(0.5) is not None:
            raise AirflowFailedError(home.printed(lines=20))
        try:
            with opener.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            continue
    raise AirflowFailedError(f"no answer at {url}\n{home.printed(lines=20)}")


def _password(folder: Path) -> str:
    passwords = json.loads((folder / "passwords.json").read_text("utf-8"))
    return str(passwords["admin"])
