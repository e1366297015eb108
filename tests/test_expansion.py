"""Every value of a request leads back to the key of the user's file that decides it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from examples import leaves

from generator import pipeline
from generator.aws_requests.expansion import Expansion, Origin
from generator.aws_requests.requests import operations, requests
from generator.compiler import lint
from generator.environment import Environment, examine, load_environment
from generator.expand import expand
from generator.problem import dotted
from generator.project import Project

Write = Callable[[str, str], Path]

PIPELINE = """\
schema_version: 1
name: churn
owner: tests
max_active_runs: 2
glue:
  - name: clean
    script: clean.py
  - name: join
    needs: [clean]
    script: clean.py
    glue_version: "5.1"
    worker_type: G.2X
    workers: 3
    timeout: 90m
    execution_class: FLEX
    arguments: {source: "s3://bucket/in/", output: "s3://bucket/joined/"}
    extra_python_modules: [holidays==0.57]
    tags: {team: growth}
training:
  version: "3.0-5"
  instance_type: ml.m5.large
  instance_count: 2
  volume_gb: 5
  max_runtime: 1h
  spot: {max_wait: 2h}
  hyperparameters: {objective: binary:logistic, num_round: 10}
  channels:
    validation: {source: "s3://bucket/validation/"}
    train: {source: "s3://bucket/train/", content_type: text/csv, input_mode: FastFile}
  output: s3://bucket/models/
  tags: {team: growth}
  network: {subnets: [subnet-0a1b2c3d], security_group_ids: [sg-0a1b2c3d]}
  kms_key_arn: arn:aws:kms:us-east-1:123456789012:key/1234abcd
endpoint:
  name: churn
  instance_type: ml.m5.large
  instance_count: 2
"""
CHANNEL = ("InputDataConfig", 1)
VARIANT = ("ProductionVariants", 0)


@pytest.fixture
def environment(project: Project) -> Environment:
    loaded, _ = load_environment(project, "prod")
    assert loaded is not None
    return loaded


def expansion(text: str, environment: Environment) -> Expansion:
    data, findings = examine(yaml.safe_load(text), "pipeline", environment)
    assert not findings
    typed = pipeline.read(data)
    return Expansion(data, typed, expand(typed, environment), environment)


def origin(within: Expansion, operation: str, *path: str | int) -> Origin:
    """The origin of a value in the last request of that operation."""
    sent = [each for each in requests(within.configuration) if each.operation == operation]
    return within.origin(sent[-1], path)


@pytest.mark.parametrize(
    ("operation", "path", "key"),
    [
        ("CreateJob", ["Name"], "glue[1].name"),
        ("CreateJob", ["Command", "ScriptLocation"], "glue[1].script"),
        ("CreateJob", ["GlueVersion"], "glue[1].glue_version"),
        ("CreateJob", ["WorkerType"], "glue[1].worker_type"),
        ("CreateJob", ["NumberOfWorkers"], "glue[1].workers"),
        ("CreateJob", ["Timeout"], "glue[1].timeout"),
        ("CreateJob", ["ExecutionClass"], "glue[1].execution_class"),
        ("CreateJob", ["ExecutionProperty", "MaxConcurrentRuns"], "max_active_runs"),
        ("CreateJob", ["Tags"], "glue[1].tags"),
        ("CreateJob", ["Tags", "team"], "glue[1].tags.team"),
        (
            "CreateJob",
            ["DefaultArguments", "--additional-python-modules"],
            "glue[1].extra_python_modules",
        ),
        ("UpdateJob", ["JobUpdate", "WorkerType"], "glue[1].worker_type"),
        ("UpdateJob", ["JobName"], "glue[1].name"),
        ("StartJobRun", ["Arguments", "--source"], "glue[1].arguments.source"),
        ("StartJobRun", ["Arguments", "--output"], "glue[1].arguments.output"),
        ("CreateTrainingJob", ["TrainingJobName"], "name"),
        ("CreateTrainingJob", ["AlgorithmSpecification", "TrainingImage"], "training.version"),
        ("CreateTrainingJob", ["HyperParameters"], "training.hyperparameters"),
        (
            "CreateTrainingJob",
            ["HyperParameters", "num_round"],
            "training.hyperparameters.num_round",
        ),
        ("CreateTrainingJob", ["InputDataConfig"], "training.channels"),
        ("CreateTrainingJob", [*CHANNEL, "ChannelName"], "training.channels.train"),
        ("CreateTrainingJob", [*CHANNEL, "ContentType"], "training.channels.train.content_type"),
        ("CreateTrainingJob", [*CHANNEL, "InputMode"], "training.channels.train.input_mode"),
        (
            "CreateTrainingJob",
            [*CHANNEL, "DataSource", "S3DataSource", "S3Uri"],
            "training.channels.train.source",
        ),
        ("CreateTrainingJob", ["OutputDataConfig", "S3OutputPath"], "training.output"),
        ("CreateTrainingJob", ["OutputDataConfig", "KmsKeyId"], "training.kms_key_arn"),
        ("CreateTrainingJob", ["ResourceConfig", "InstanceType"], "training.instance_type"),
        ("CreateTrainingJob", ["ResourceConfig", "InstanceCount"], "training.instance_count"),
        ("CreateTrainingJob", ["ResourceConfig", "VolumeSizeInGB"], "training.volume_gb"),
        ("CreateTrainingJob", ["StoppingCondition", "MaxRuntimeInSeconds"], "training.max_runtime"),
        (
            "CreateTrainingJob",
            ["StoppingCondition", "MaxWaitTimeInSeconds"],
            "training.spot.max_wait",
        ),
        ("CreateTrainingJob", ["CheckpointConfig", "S3Uri"], "name"),
        ("CreateTrainingJob", ["VpcConfig"], "training.network"),
        ("CreateTrainingJob", ["VpcConfig", "Subnets", 0], "training.network.subnets[0]"),
        (
            "CreateTrainingJob",
            ["VpcConfig", "SecurityGroupIds", 0],
            "training.network.security_group_ids[0]",
        ),
        ("CreateTrainingJob", ["Tags", 2, "Value"], "training.tags.team"),
        ("CreateModel", ["ModelName"], "name"),
        ("CreateModel", ["PrimaryContainer", "ModelDataUrl"], "training.output"),
        ("CreateModel", ["PrimaryContainer", "Image"], "training.version"),
        ("CreateModel", ["Tags", 2, "Key"], "training.tags.team"),
        ("CreateEndpointConfig", ["EndpointConfigName"], "name"),
        ("CreateEndpointConfig", [*VARIANT, "InstanceType"], "endpoint.instance_type"),
        ("CreateEndpointConfig", [*VARIANT, "InitialInstanceCount"], "endpoint.instance_count"),
        ("CreateEndpointConfig", [*VARIANT, "ModelName"], "name"),
        ("CreateEndpointConfig", [*VARIANT, "VariantName"], "endpoint"),
        ("CreateEndpoint", ["EndpointName"], "endpoint.name"),
        ("UpdateEndpoint", ["EndpointConfigName"], "name"),
        ("UpdateEndpoint", ["EndpointName"], "endpoint.name"),
    ],
)
def test_a_value_comes_from_the_key_that_decides_it(
    environment: Environment, operation: str, path: list[str | int], key: str
) -> None:
    found = origin(expansion(PIPELINE, environment), operation, *path)
    assert (dotted(found.path), found.env) == (key, "")


@pytest.mark.parametrize(
    ("operation", "path", "section", "key"),
    [
        ("CreateJob", ["Role"], "glue[1]", "glue_role_arn"),
        ("CreateJob", ["Tags", "environment"], "glue[1]", "tags"),
        ("CreateTrainingJob", ["RoleArn"], "training", "sagemaker_role_arn"),
        ("CreateTrainingJob", ["Tags", 1, "Value"], "training", "tags"),
        ("CreateEndpointConfig", ["KmsKeyId"], "endpoint", "kms_key_arn"),
    ],
)
def test_what_the_environment_decides_is_said_so_at_the_stage(
    environment: Environment, operation: str, path: list[str | int], section: str, key: str
) -> None:
    found = origin(expansion(PIPELINE, environment), operation, *path)
    assert (dotted(found.path), found.env) == (section, key)


SHORT = """\
schema_version: 1
name: churn
owner: tests
glue: {script: clean.py, arguments: {output: "s3://bucket/out/"}}
training:
  image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1
  instance_type: ml.m5.large
  hyperparameters: {}
"""


@pytest.mark.parametrize(
    ("operation", "path", "key", "env"),
    [
        ("CreateJob", ["Name"], "name", ""),
        ("CreateJob", ["Timeout"], "glue", ""),
        ("CreateTrainingJob", ["AlgorithmSpecification", "TrainingImage"], "training.image", ""),
        # What the only Glue job writes is what is trained on.
        (
            "CreateTrainingJob",
            ["InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri"],
            "glue.arguments.output",
            "",
        ),
        ("CreateTrainingJob", ["OutputDataConfig", "S3OutputPath"], "name", ""),
        ("CreateTrainingJob", ["OutputDataConfig", "KmsKeyId"], "training", "kms_key_arn"),
        ("CreateTrainingJob", ["VpcConfig", "Subnets"], "training", "network"),
        ("CreateTrainingJob", ["ResourceConfig", "VolumeSizeInGB"], "training", ""),
        ("CreateTrainingJob", ["NoSuchMember"], "training", ""),
    ],
)
def test_what_is_not_written_comes_from_what_stands_in_for_it(
    environment: Environment, operation: str, path: list[str | int], key: str, env: str
) -> None:
    found = origin(expansion(SHORT, environment), operation, *path)
    assert (dotted(found.path), found.env) == (key, env)


FIXED = {
    "AlgorithmSpecification.TrainingInputMode",
    "Command.Name",
    "DefaultArguments.--job-bookmark-option",
    "DefaultArguments.--job-language",
    "MaxRetries",
    "ProductionVariants.0.InitialVariantWeight",
    "ProductionVariants.0.VariantName",
}


def test_only_what_the_templates_fix_comes_from_no_key(environment: Environment) -> None:
    within = expansion(PIPELINE, environment)
    sent = {request.operation: request for request in requests(within.configuration)}
    assert set(sent) == {each for names in operations().values() for each in names}
    nowhere = [Origin(("glue", 1)), Origin(("training",)), Origin(("endpoint",))]
    fixed = {
        ".".join(map(str, path)).removeprefix("JobUpdate.")
        for request in sent.values()
        for path in leaves(request.values)
        if within.origin(request, path) in nowhere
    }
    assert fixed == FIXED


def test_an_inherited_value_is_reported_where_it_is_written(project: Project, write: Write) -> None:
    write(
        "churn",
        "schema_version: 1\nname: churn\nowner: tests\n"
        "training:\n  hyperparameters: {objective: binary:logistic, num_round: 10}\n"
        "  channels: {train: {source: s3://bucket/in/}}\n",
    )
    defaults = project.pipelines / "_defaults.yaml"
    defaults.write_text("training:\n  instance_type: ml.m5.largest\n", "utf-8")
    (problem,) = lint(project, "local")
    assert (problem.file, problem.line, problem.rule, problem.level) == (
        "pipelines/_defaults.yaml",
        2,
        "aws-request",
        "warning",
    )


def test_a_wrong_value_of_the_environment_is_named_at_the_stage(
    project: Project, write: Write
) -> None:
    file = project.environment_file("prod")
    text = file.read_text("utf-8")
    key = "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert key in text
    file.write_text(text.replace(key, "arn:aws:kms:us-east-1:222222222222:alias/our key"), "utf-8")
    write("churn", SHORT)
    (problem,) = lint(project, "prod")
    assert (problem.line, problem.column, problem.path) == (5, 1, "training")
    assert problem.message.startswith("environment 'prod' gives kms_key_arn a value that cannot")
    assert lint(project, "dev") == []
