"""Airflow's own web interface on the emulated AWS, until Ctrl-C."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
import urllib.error
import urllib.request
from contextlib import nullcontext, suppress
from pathlib import Path

from rich.console import Console

from generator.environment import Environment
from generator.local.account_setup import Clients, set_up
from generator.local.airflow import AirflowFailedError, AirflowHome
from generator.local.mwaa_environment import command, registered
from generator.local.processes import Process, Processes
from generator.local.session import ENDPOINT_VARIABLE, child_processes, emulated_aws
from generator.project import Project

LONGEST_START = 180.0
"""Seconds until a web interface that does not answer counts as failed."""

# Not `airflow standalone`: its scheduler and triggerer serve logs to the whole network. The
# interface reads them from the folder instead.
PARTS = {
    "api-server": (),
    "dag-processor": (),
    "scheduler": ("--skip-serve-logs",),
    "triggerer": ("--skip-serve-logs",),
}


def serve(project: Project, environment: Environment, port: int, console: Console) -> None:
    """Start Airflow with all its parts, print address and password, stay until one ends.

    Raises AirflowFailedError where a part does not come up or ends by itself.
    """
    region, mwaa = environment.values["region"], environment.values.get("mwaa")
    exported = bool(os.environ.get(ENDPOINT_VARIABLE))
    with emulated_aws(region, console) as aws, child_processes() as processes:
        clients = Clients(aws)
        set_up(project, environment, clients)
        home = AirflowHome(project, environment.name, aws, processes.folder / "airflow")
        port = port or _free_port()
        url = f"http://127.0.0.1:{port}"
        with console.status("Starting Airflow (about half a minute)"):
            home.create_database(processes)
            parts = _start(home, port, processes)
            _await_answer(f"{url}/api/v2/version", parts, home)
        password = _password(home.folder)
        with registered(mwaa, clients, url, password) if mwaa else nullcontext():
            console.print(f"\nAirflow:  {url}\nUser:     admin\nPassword: {password}")
            if mwaa:
                console.print(f"MWAA:     {command(mwaa, aws, exported)}", soft_wrap=True)
            console.print("\nSwitch a pipeline on and press Trigger. Ctrl-C ends everything.")
            _stay(parts, home)


def _stay(parts: dict[str, Process], home: AirflowHome) -> None:
    with suppress(KeyboardInterrupt):
        while True:
            _refuse_ended(parts, home)
            time.sleep(1)


def _start(home: AirflowHome, port: int, processes: Processes) -> dict[str, Process]:
    """Start every part of Airflow in a folder of its own, which gets what it prints."""
    variables = {**home.variables, **_web_settings(port, home.folder)}
    parts = {}
    for name, options in PARTS.items():
        folder = home.folder / name
        folder.mkdir()
        parts[name] = processes.start(home.command(name, *options), folder, variables)
    return parts


def _web_settings(port: int, folder: Path) -> dict[str, str]:
    address = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__WORKERS": "1",
        # All parts must share these; each would make up its own.
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(url: str, parts: dict[str, Process], home: AirflowHome) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline:
        _refuse_ended(parts, home)
        try:
            with opener.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AirflowFailedError(f"no answer at {url}\n{home.printed('api-server', lines=20)}")


def _refuse_ended(parts: dict[str, Process], home: AirflowHome) -> None:
    for name, process in parts.items():
        if process.wait(0) is not None:
            raise AirflowFailedError(f"its {name} ended:\n{home.printed(name, lines=20)}")


def _password(folder: Path) -> str:
    passwords = json.loads((folder / "passwords.json").read_text("utf-8"))
    return str(passwords["admin"])
