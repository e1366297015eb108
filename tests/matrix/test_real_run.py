"""A bundle as it lies on MWAA runs customer-churn to the end, on each version of Airflow."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT
from mwaa_airflow import MwaaAirflow
from terminals import EmulatedAwsProcess, pipelines

from generator.airflow_version import AirflowVersion
from generator.environment import load_environment
from generator.local.account_setup import Clients, set_up
from generator.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

JOB = "customer-churn_prepare"
OLD_JOB: dict[str, Any] = {
    "Role": "arn:aws:iam::123456789012:role/local-glue",
    "Command": {"Name": "glueetl", "ScriptLocation": "s3://local-artifacts/glue_scripts/old.py"},
    "GlueVersion": "4.0",
    "WorkerType": "G.1X",
    "NumberOfWorkers": 7,
}


@pytest.fixture
def aws() -> Iterator[EmulatedAwsProcess]:
    running = EmulatedAwsProcess()
    yield running
    assert running.stop() == 0


@pytest.fixture
def clients(aws: EmulatedAwsProcess, repository: Project) -> Clients:
    """An emulated account with the sample data, and a Glue job of an earlier version."""
    environment, _ = load_environment(repository, "local")
    assert environment is not None
    clients = Clients(aws.variables)
    set_up(repository, environment, clients)
    clients["glue"].create_job(Name=JOB, **OLD_JOB)
    return clients


@pytest.fixture
def airflow(version: AirflowVersion, tmp_path: Path, aws: EmulatedAwsProcess) -> MwaaAirflow:
    """That version of Airflow, reading a bundle and nothing else of ours."""
    bundle = tmp_path / "bundle"
    command = pipelines("bundle", "--env", "local", "--airflow-version", version.name)
    subprocess.run([*command, "--output", str(bundle)], cwd=ROOT, check=True, capture_output=True)
    home = tmp_path / "usr" / "local" / "airflow"
    shutil.copytree(bundle / "mwaa" / "dags", home / "dags")
    airflow = MwaaAirflow(version.name, home, home / "dags")
    airflow.variables |= sourced(bundle / "mwaa" / "startup.sh") | aws.variables
    return airflow


def sourced(script: Path) -> dict[str, str]:
    """Return the variables that a startup script exports."""
    command = ["env", "-i", "bash", "-c", '. "$0" >/dev/null; env -0', str(script)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(entry.split("=", 1) for entry in printed.split("\0") if entry)


def test_the_bundle_runs_to_the_end(airflow: MwaaAirflow, clients: Clients) -> None:
    airflow.create_database()
    airflow.test_dag("customer-churn")
    states = airflow.rows("SELECT task_id, state FROM task_instance")
    assert {state for _, state in states} == {"success"}
    assert len(states) == 9
    job = clients["glue"].get_job(JobName=JOB)["Job"]
    assert (job["NumberOfWorkers"], job["GlueVersion"]) == (2, "5.0")
    endpoint = clients["sagemaker"].describe_endpoint(EndpointName="customer-churn")
    assert endpoint["EndpointStatus"] == "InService"
    (training,) = clients["sagemaker"].list_training_jobs()["TrainingJobSummaries"]
    assert endpoint["EndpointConfigName"].startswith(training["TrainingJobName"])
    about = clients["sagemaker"].describe_training_job(TrainingJobName=training["TrainingJobName"])
    metrics = {each["MetricName"]: each["Value"] for each in about["FinalMetricDataList"]}
    assert metrics["validation:auc"] == pytest.approx(0.924, abs=0.001)
