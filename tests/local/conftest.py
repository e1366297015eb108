"""The emulated AWS for the tests of this folder, one for each module of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from example_endpoints import create_config, create_model, settle
from example_jobs import Aws, example_rows

from generator.local.aws.server import EmulatedAws


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """A running emulated AWS with training data in s3://bucket/data/."""
    with EmulatedAws() as emulated:
        aws = Aws(emulated)
        aws.put_rows("data/train/part-0.csv", example_rows(1000, seed=1))
        aws.put_rows("data/train/part-1.csv", example_rows(1000, seed=2))
        aws.put_rows("data/validation/part-0.csv", example_rows(500, seed=3))
        yield aws
        for client in aws.clients.values():
            client.close()


@pytest.fixture(scope="module")
def trained(aws: Aws) -> dict[str, Any]:
    """The description of a training job that completed."""
    return aws.finish_training(aws.train(Tags=[{"Key": "team", "Value": "growth"}]))


@pytest.fixture(scope="module")
def artifact(trained: dict[str, Any]) -> str:
    """Where the model of a completed training job is."""
    return trained["ModelArtifacts"]["S3ModelArtifacts"]


@pytest.fixture(scope="module")
def endpoint(aws: Aws, artifact: str) -> Iterator[str]:
    """The name of an endpoint that serves that model."""
    config = create_config(aws, create_model(aws, artifact))
    aws.sagemaker.create_endpoint(EndpointName="Churn", EndpointConfigName=config)
    assert settle(aws, "Churn")["EndpointStatus"] == "InService"
    yield "Churn"
    aws.sagemaker.delete_endpoint(EndpointName="Churn")


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script that stands in for a process of ours."""

    def write(source: str) -> Path:
        script = tmp_path / "stand_in.py"
        script.write_text(source)
        return script

    return write


@pytest.fixture
def faulty(aws: Aws) -> Iterator[Callable[..., None]]:
    """Sets faults for one test."""

    def set_faults(*texts: str) -> None:
        aws.emulated.faults = texts

    yield set_faults
    aws.emulated.faults = ()


@pytest.fixture
def airflow(aws: Aws) -> Iterator[Callable[..., Any]]:
    """Makes clients as Airflow does, but without retries unless it is told otherwise."""
    clients = []

    def make(service: str, attempts: int = 1) -> Any:
        client = boto3.client(
            service,
            endpoint_url=aws.emulated.url,
            region_name="us-east-1",
            aws_access_key_id="airflow",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": attempts, "mode": "legacy"}),
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
