"""One Airflow with all its parts and one emulated AWS for all that is killed here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from account import REGION, Account
from examples import ROOT, empty_project
from living_airflow import VERSION, LivingAirflow
from mwaa_airflow import environment_folder
from training_run import TrainingRun

from generator.airflow_version import VERSIONS

PIPELINE = """\
schema_version: 1
name: {name}
owner: tests
retries: 2
retry_delay: 1s
training:
  instance_type: ml.m5.large
  max_runtime: 30m
  hyperparameters: {{objective: binary:logistic, num_round: 5}}
  channels: {{train: {{source: "s3://${{{{ env.data_bucket }}}}/train/"}}}}
"""


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two projects with a pipeline each: one defers, the other waits in its task."""
    folder = tmp_path_factory.mktemp("projects")
    for name, deferrable in (("deferred", "true"), ("waiting", "false")):
        project = empty_project(folder / name)
        shutil.rmtree(project.glue_scripts)
        (project.pipelines / f"{name}.yaml").write_text(PIPELINE.format(name=name))
        file = project.environment_file("local")
        text = file.read_text().partition("sample_data:")[0].replace("retries: 0", "retries: 2")
        file.write_text(f"{text}\ndeferrable: {deferrable}\n")
    return folder


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    account = Account(tmp_path_factory.mktemp("account"))
    yield account
    account.stop()


@pytest.fixture(scope="session")
def airflow(
    projects: Path, account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LivingAirflow]:
    """All parts of Airflow, which have read both pipelines."""
    python = environment_folder(VERSION) / "bin" / "python" if VERSION else Path(sys.executable)
    home = tmp_path_factory.mktemp("airflow")
    airflow = LivingAirflow(
        VERSION or VERSIONS[-1].name, python, home, _variables(projects, account)
    )
    try:
        airflow.migrate()
        airflow.start()
        airflow.await_dags("deferred", "waiting")
        yield airflow
    finally:
        airflow.stop()


@pytest.fixture
def start(airflow: LivingAirflow, account: Account) -> Iterator[Callable[[str], TrainingRun]]:
    """Start a run of a pipeline: `deferred` or `waiting`."""
    runs: list[TrainingRun] = []

    def begin(dag: str) -> TrainingRun:
        runs.append(TrainingRun(airflow, account, dag))
        return runs[-1]

    yield begin
    for run in runs:
        run.let_go()


def _variables(projects: Path, account: Account) -> dict[str, str]:
    foreign = ("AIRFLOW", "AWS_", "PIPELINES_", "PYTHON")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return {
        **inherited,
        **account.variables,
        "AWS_DEFAULT_REGION": REGION,
        "PIPELINES_ENV": "local",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(projects),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # dag-factory reports every run to its makers otherwise.
        "AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY": "False",
    }
