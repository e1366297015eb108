"""The function that starts pipelines and a real Airflow 2 as MWAA has it; 3 is in test_ui.py."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from examples import empty_project
from mwaa_airflow import MwaaAirflow
from stand_in_airflow import register
from trigger_trials import TRIALS, Triggered, write_pipeline

from generator.environment import load_environment
from generator.local.account_setup import Clients
from generator.local.aws.server import EmulatedAws
from generator.local.mwaa_environment import create
from generator.project import Project

pytestmark = pytest.mark.slow

VERSION = "2.11.2"
PASSWORD = "only-for-this-test"
LONGEST_START = 120


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = empty_project(tmp_path_factory.mktemp("pipelines"))
    write_pipeline(project)
    local = project.environment_file("local")
    bucket = "  bucket: local-mwaa\n"
    text = local.read_text("utf-8").replace(bucket, f'{bucket}  airflow_version: "{VERSION}"\n')
    local.write_text(text, "utf-8")
    return project


@pytest.fixture(scope="module")
def airflow(project: Project, tmp_path_factory: pytest.TempPathFactory) -> MwaaAirflow:
    """That Airflow after its dag processor has read the project."""
    airflow = MwaaAirflow(VERSION, tmp_path_factory.mktemp("airflow"), project.dags)
    backends = "airflow.providers.fab.auth_manager.api.auth.backend"
    airflow.variables |= {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PIPELINES_ENV": "local",
        "AIRFLOW__API__AUTH_BACKENDS": f"{backends}.basic_auth,{backends}.session",
        "AIRFLOW__WEBSERVER__SECRET_KEY": "only for this test",
    }
    airflow.process_dags()
    airflow.airflow("sync-perm")
    # The least role in Airflow that trigger.yaml offers.
    names = ("--username", "admin", "--firstname", "a", "--lastname", "b", "--email", "a@b.c")
    airflow.airflow("users", "create", *names, "--role", "User", "--password", PASSWORD)
    return airflow


@pytest.fixture(scope="module")
def url(airflow: MwaaAirflow) -> Iterator[str]:
    """Where its web server answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ("--hostname", "127.0.0.1", "--port", str(port), "--workers", "1")
    with running([str(airflow.python), "-m", "airflow", "webserver", *where], airflow) as process:
        await_answer(f"http://127.0.0.1:{port}/api/v1/version", process)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], airflow: MwaaAirflow) -> Iterator[subprocess.Popen[bytes]]:
    with (airflow.folder / "webserver.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=airflow.folder, env=airflow.variables, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(30) is not None


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + LONGEST_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail("the web server did not start")


@pytest.fixture(scope="module")
def triggered(project: Project, aws: EmulatedAws, url: str) -> Iterator[Triggered]:
    """MWAA with that Airflow."""
    environment, problems = load_environment(project, "local")
    assert environment is not None, problems
    create(environment.values["mwaa"], VERSION, Clients(aws.environment))
    register(aws.url, "local", url, airflow_version=VERSION, password=PASSWORD)
    triggered = Triggered(aws.environment)
    yield triggered
    triggered.close()


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.__name__)
def test_of_the_trigger_on_airflow_2(
    triggered: Triggered, trial: Callable[[Triggered], None]
) -> None:
    trial(triggered)
