"""What all emulated services share: the account, its region, clients, job processes, threads."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread, current_thread
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from generator.local.processes import Processes

# The account that moto emulates by default: https://docs.getmoto.org/en/latest/docs/multi_account.html
ACCOUNT_ID = "123456789012"
# Who calls: the access key of people, of the Airflow connection, and of the two kinds of jobs.
PERSON, AIRFLOW, GLUE, SAGEMAKER = "test", "airflow", "glue", "sagemaker"
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
# A developer's own AWS profile must not reach the emulation, nor break it.
_FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE")
_NOTHING = (None, None, None, None)


class Account:
    """One emulated AWS account in one region, reached at `url`."""

    def __init__(self, region: str, url: str, processes: Processes) -> None:
        self.region = region
        self.url = url
        self.processes = processes
        self.jobs_folder = processes.folder / "jobs"
        self.jobs_folder.mkdir()
        self._lock = Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._threads: list[Thread] = []
        self._closing = Event()

    def arn(self, service: str, resource: str) -> str:
        """The ARN of `resource` ("training-job/name")."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT_ID}:{resource}"

    def client(self, service: str, principal: str) -> Any:
        """A boto3 client as `principal`; made once, safe to share between threads."""
        wanted = (service, principal)
        with self._lock:
            if wanted not in self._clients:
                self._clients[wanted] = self._session(principal).client(
                    service,
                    endpoint_url=self.url,
                    config=Config(proxies={}, inject_host_prefix=False),
                )
            return self._clients[wanted]

    def _session(self, principal: str) -> boto3.Session:
        variables = dict.fromkeys(("profile", "config_file", "credentials_file"), _NOTHING)
        session = botocore.session.Session(session_vars=variables)
        return boto3.Session(principal, "test", region_name=self.region, botocore_session=session)

    def environment(self) -> dict[str, str]:
        """The variables that point boto3, the AWS CLI and Airflow at this account."""
        return variables(self.url, self.region)

    def job_environment(self, principal: str, python_path: tuple[Path, ...] = ()) -> dict[str, str]:
        """The whole environment of a job's process; `python_path` comes before everything."""
        inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        folders = [*map(str, python_path), str(_PACKAGE_ROOT), inherited.get("PYTHONPATH", "")]
        return {
            **inherited,
            **self.environment(),
            "AWS_ACCESS_KEY_ID": principal,
            "PYTHONPATH": os.pathsep.join(filter(None, folders)),
            "PYTHONUNBUFFERED": "1",
            # Measured: with one core busy, 100 rounds took 15 s with two threads, 2 s with one.
            "OMP_NUM_THREADS": "1",
        }

    def start_thread(self, target: Callable[..., object], *arguments: Any) -> None:
        """Runs `target` in a thread that close() waits for."""
        thread = Thread(target=target, args=arguments, daemon=True)
        with self._lock:
            self._threads = [known for known in self._threads if known.is_alive()]
            self._threads.append(thread)
            thread.start()

    def pause(self, seconds: float) -> bool:
        """Waits so long; True at once when the account is closed."""
        return self._closing.wait(seconds)

    def close(self, timeout: float = 10.0) -> None:
        """Waits at most `timeout` seconds for the threads, and closes the clients."""
        self._closing.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread is not current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        for client in self._clients.values():
            client.close()


def variables(url: str, region: str) -> dict[str, str]:
    """The variables that point boto3, the AWS CLI and Airflow at the emulated AWS at `url`."""
    connection = {
        "conn_type": "aws",
        "login": AIRFLOW,
        "password": "test",
        "extra": {"region_name": region, "endpoint_url": url},
    }
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": PERSON,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Otherwise boto3 asks env.127.0.0.1 for what MWAA answers.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "NO_PROXY": _without_proxy(os.environ.get("NO_PROXY", "")),
        "no_proxy": _without_proxy(os.environ.get("no_proxy", "")),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
    }


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours in this interpreter."""
    return [sys.executable, "-m", module, *arguments]


def _without_proxy(value: str) -> str:
    return ",".join(filter(None, [value, "127.0.0.1", "localhost"]))
