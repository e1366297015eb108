"""The requests that a pipeline's tasks will send: those of the real provider, and all accepted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import airflow_world
import pytest
import yaml
from examples import VALID

from generator.aws_requests.longest_run import RUN_ID
from generator.aws_requests.requests import OPERATORS, Request, operations, requests
from generator.aws_requests.service_model import extract, find_violations
from generator.compiler import compile_pipeline
from generator.environment import load_environment
from generator.project import Project

Write = Callable[[str, str], Path]
GOLDEN = Path(__file__).parent / "golden"
EXPANDED = [
    yaml.safe_load((GOLDEN / "expand" / name).read_text("utf-8"))
    for name in ("valid.yaml", "valid-every-key.yaml")
]

PROVIDER = """
import json, sys, time
from types import SimpleNamespace
import botocore.exceptions
from airflow.models.base import ID_LEN
from airflow.sdk.exceptions import TaskDeferred
from generator.dag import build

sent = []

def missing(operation):
    error = {"Code": "ValidationException", "Message": "no such job"}
    return botocore.exceptions.ClientError({"Error": error}, operation)

def answers(existing):
    # Instead of the network: what AWS says to a first run, or to a later one.
    def answer(model, params, **_):
        sent.append([task.task_id, existing, model.name, json.loads(params["body"])])
        error = {}
        if model.name == "GetJob" and not existing:
            error = {"Code": "EntityNotFoundException"}
        if model.name == "CreateEndpoint" and existing:
            message = "Cannot create already existing endpoint"
            error = {"Code": "ValidationException", "Message": message}
        response = SimpleNamespace(status_code=400 if error else 200)
        metadata = {"HTTPStatusCode": response.status_code}
        return response, {"Error": error, "ResponseMetadata": metadata, "Job": {}, "JobRunId": "1"}
    return answer

def act(task):
    if task.task_type == "GlueJobOperator":
        task.hook.initialize_job(task.script_args, task.run_job_kwargs)
    elif task.task_type != "SageMakerTrainingOperator":  # which looks at S3 first
        try:
            task.execute({})
        except TaskDeferred:
            pass

for configuration in json.loads(sys.argv[1]):
    for existing in (False, True):
        for task in build(configuration).tasks:
            if existing and task.task_type == "GlueJobOperator":
                task.create_job_kwargs.pop("Tags")  # which asks another service for the account
            task.hook.conn.meta.events.register("before-call", answers(existing))
            act(task)

def describe(name):
    if name != "a" * 60:
        raise missing("DescribeTrainingJob")

train = next(task for task in build(configuration).tasks if task.task_id == "train")
renamed = train._get_unique_job_name("a" * 60, False, describe)
print(json.dumps({"sent": sent, "renamed": renamed, "longest run id": ID_LEN}))
"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the provider's real operators send for the golden pipelines, without a network."""
    home = airflow_world.home(Project(Path.cwd()), tmp_path_factory.mktemp("airflow"))
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    return airflow_world.python(home, PROVIDER, json.dumps(EXPANDED), **keys)


def unresolved(configuration: dict[str, Any]) -> Iterator[Request]:
    """The requests of a configuration with the run-time templates in them."""
    ((_, dag),) = configuration.items()
    for name, task in dag["tasks"].items():
        yield from OPERATORS[task["operator"].rpartition(".")[2]].requests(name, task)


def test_each_request_is_the_one_that_the_provider_sends(provider: dict[str, Any]) -> None:
    asked = ("GetJob", "DescribeModel", "DescribeEndpointConfig", "DescribeEndpoint")
    sent = [
        (task, operation, values)
        for task, _, operation, values in provider["sent"]
        if operation not in asked
    ]
    expected = [
        (request.task, request.operation, request.values)
        for configuration in EXPANDED
        for request in unresolved(configuration)
        if request.operation != "CreateTrainingJob"
    ]
    assert {operation for _, operation, _ in sent} == {
        operation for names in operations().values() for operation in names
    } - {"CreateTrainingJob"}
    for one in expected:
        assert one in sent
    for one in sent:
        assert one in expected


def test_a_job_is_renamed_as_the_provider_renames_it(provider: dict[str, Any]) -> None:
    train = OPERATORS["SageMakerTrainingOperator"]
    [training] = train.returned({"config": {"TrainingJobName": "a" * 60}}).values()
    ours, theirs = training["TrainingJobName"], provider["renamed"]
    assert re.sub("[0-9]", "0", ours) == re.sub("[0-9]", "0", theirs)
    assert len(ours) == 63


def test_a_run_id_is_as_long_as_airflow_stores_it(provider: dict[str, Any]) -> None:
    assert len(RUN_ID) == provider["longest run id"]


def sent_by(project: Project, file: Path, environment: str = "prod") -> dict[str, Request]:
    env, _ = load_environment(project, environment)
    assert env is not None
    configuration, problems = compile_pipeline(project, env, file)
    assert configuration is not None, problems
    return {request.operation: request for request in requests(configuration)}


def test_the_longest_names_fit_exactly(project: Project, write: Write) -> None:
    name = "a" * 50
    sent = sent_by(project, write(name, VALID.format(name=name)))
    training = sent["CreateTrainingJob"].values["TrainingJobName"]
    assert re.fullmatch("a{26}-20260930-[0-9a-f]{8}-999", training)
    # What the later tasks get is the name of a job that had to be renamed.
    longest = f"{training}-1790812799-999"
    assert len(longest) == 63
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
        f"{folder}{training['TrainingJobName']}-1790812799/output/model.tar.gz"
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
