"""The requests that a pipeline's tasks will send: those of the real provider, and all accepted."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow_world
import pytest
from examples import VALID, empty_project, share_database

from generator.aws_requests.longest_run import RUN_ID
from generator.aws_requests.requests import Request, operations, requests
from generator.aws_requests.service_model import extract, find_violations
from generator.compiler import compile_pipeline
from generator.environment import load_environment
from generator.local.account_setup import Clients, set_up
from generator.local.airflow import AirflowHome
from generator.local.aws.server import EmulatedAws
from generator.local.session import child_processes
from generator.project import Project

Write = Callable[[str, str], Path]
GOLDEN = Path(__file__).parent / "golden"
RUN = """
import json, sys
from botocore.handlers import BUILTIN_HANDLERS

sent = []

def record(model, params, **_):
    # Told of every request that any client is about to send.
    if model.service_model.service_name in ("glue", "sagemaker"):
        body = params["body"]
        sent.append([model.name, json.loads(body) if body else {}])

BUILTIN_HANDLERS.append(("before-call", record))

from airflow.models.base import ID_LEN
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
run = bag.dags["requests"].test()
states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
print(json.dumps({"sent": sent, "states": states, "longest run id": ID_LEN}))
"""
"""Run a DAG to its end and print every request of its operators."""

PIPELINE = """\
schema_version: 1
name: requests
owner: tests
glue:
  script: rows.py
  tags: {team: growth}
training:
  instance_type: ml.m5.large
  spot: {max_wait: 2h}
  hyperparameters: {objective: "binary:logistic", num_round: 2, eval_metric: [auc]}
evaluation:
  metrics: {validation:auc: ">= 0.1"}
endpoint:
  name: requests
  instance_type: ml.m5.large
  deployment: {traffic: canary, wait: 1s, alarms: [errors]}
  data_capture: {percent: 10}
  autoscaling: {minimum: 1, maximum: 2, invocations_per_instance: 10}
"""

ROWS = """\
import sys
import boto3
from awsglue.utils import getResolvedOptions

output = getResolvedOptions(sys.argv, ["output"])["output"]
bucket, _, key = output.removeprefix("s3://").partition("/")
rows = "".join(f"{row % 2},{row},{row * row % 7}\\n" for row in range(200))
for channel in ("train", "validation"):
    boto3.client("s3").put_object(Bucket=bucket, Key=f"{key}{channel}/rows.csv", Body=rows)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the operators of a pipeline send in a real run on an emulated AWS."""
    project = empty_project(tmp_path_factory.mktemp("requests") / "project")
    share_database(project)
    (project.pipelines / "requests.yaml").write_text(PIPELINE)
    (project.glue_scripts / "rows.py").write_text(ROWS)
    environment, _ = load_environment(project, "local")
    assert environment is not None
    (project.root / "data").mkdir()
    for file in environment.values["sample_data"].values():
        (project.root / file).write_text("a\n")
    with EmulatedAws() as aws, child_processes() as processes:
        set_up(project, environment, Clients(aws.environment))
        home = AirflowHome(project, "local", aws.environment, tmp_path_factory.mktemp("airflow"))
        home.create_database(processes)
        found = airflow_world.python(home, RUN, str(project.dags))
    configuration, problems = compile_pipeline(
        project, environment, project.pipelines / "requests.yaml"
    )
    assert configuration is not None, problems
    return {**found, "expected": list(requests(configuration))}


def shape(value: Any) -> Any:
    """Return a request with only the kinds of its values, as a run fills them in."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return value if isinstance(value, bool) else type(value)


@pytest.mark.slow
def test_each_request_is_the_one_that_the_operators_send(run: dict[str, Any]) -> None:
    assert set(run["states"].values()) == {"success"}, run["states"]
    sent = dict(run["sent"])
    expected = {request.operation: request.values for request in run["expected"]}
    # The first run has nothing to update.
    first = {name for names in operations().values() for name in names} - {
        "UpdateJob",
        "UpdateEndpoint",
    }
    assert first <= sent.keys()
    for operation in first:
        assert shape(sent[operation]) == shape(expected[operation]), operation


@pytest.mark.slow
def test_no_name_is_longer_than_lint_takes_it_for(run: dict[str, Any]) -> None:
    expected = {request.operation: request.values for request in run["expected"]}
    for operation, values in run["sent"]:
        for key, value in expected.get(operation, {}).items():
            if key.endswith("Name") and not operation.startswith("Update"):
                assert len(values[key]) <= len(value)
                assert values[key].split("-20")[0] == value.split("-20")[0]


@pytest.mark.slow
def test_a_run_id_is_as_long_as_airflow_stores_it(run: dict[str, Any]) -> None:
    assert len(RUN_ID) == run["longest run id"]


def sent_by(project: Project, file: Path, environment: str = "prod") -> dict[str, Request]:
    env, _ = load_environment(project, environment)
    assert env is not None
    configuration, problems = compile_pipeline(project, env, file)
    assert configuration is not None, problems
    return {request.operation: request for request in requests(configuration)}


def test_the_longest_names_fit(project: Project, write: Write) -> None:
    name = "a" * 50
    sent = sent_by(project, write(name, VALID.format(name=name)))
    training = sent["CreateTrainingJob"].values["TrainingJobName"]
    assert re.fullmatch("a{26}-20260930-[0-9a-f]{8}-999", training)
    longest = f"{training}-ffffff"
    assert len(longest) <= 63
    assert sent["CreateModel"].values["ModelName"] == longest
    [variant] = sent["CreateEndpointConfig"].values["ProductionVariants"]
    assert variant["ModelName"] == longest
    for operation in ("CreateEndpointConfig", "CreateEndpoint", "UpdateEndpoint"):
        assert sent[operation].values["EndpointConfigName"] == longest


def test_the_model_is_where_the_training_job_puts_it(project: Project, write: Write) -> None:
    sent = sent_by(project, write("churn", VALID.format(name="churn")))
    training = sent["CreateTrainingJob"].values
    folder = training["OutputDataConfig"]["S3OutputPath"]
    assert sent["CreateModel"].values["PrimaryContainer"]["ModelDataUrl"] == (
        f"{folder}{training['TrainingJobName']}/output/model.tar.gz"
    )


def test_an_endpoint_that_exists_is_updated_without_tags(project: Project, write: Write) -> None:
    sent = sent_by(project, write("churn", VALID.format(name="churn")))
    created, updated = sent["CreateEndpoint"].values, sent["UpdateEndpoint"].values
    assert {key: value for key, value in created.items() if key != "Tags"} == updated
    assert "Tags" in created


def test_an_operator_that_is_not_known_is_passed_over() -> None:
    tasks = {"wait": {"operator": "airflow.providers.standard.sensors.time.TimeSensor"}}
    assert list(requests({"churn": {"tasks": tasks}})) == []


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_aws_takes_every_request_of_every_valid_pipeline(
    repository: Project, project: Project, environment: str
) -> None:
    env, _ = load_environment(project, environment)
    assert env is not None
    for file in (*(GOLDEN / "lint").glob("valid*.yaml"), *repository.pipeline_files()):
        copy = project.pipelines / file.name
        copy.write_text(file.read_text("utf-8"), "utf-8")
        for script in repository.glue_scripts.glob("*.py"):
            (project.glue_scripts / script.name).write_bytes(script.read_bytes())
        for request in sent_by(project, copy, environment).values():
            service, operation = request.service, request.operation
            assert find_violations(service, operation, request.values) == []
            assert extract(service).violations(operation, request.values) == []


def test_lint_loads_no_botocore(project: Project, write: Write) -> None:
    write("churn", VALID.format(name="churn"))
    code = "import sys; from generator.cli import main; main(['lint']); print(*sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0
    assert "generator.aws_requests.requests" in finished.stdout
    assert "botocore" not in finished.stdout
