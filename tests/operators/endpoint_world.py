"""An emulated AWS with a trained model, and the tasks that bring a model into production."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from airflow.sdk.exceptions import TaskDeferred
from training_world import TrainingWorld, context, training_world, wait_in_triggerer

from generator.local.aws.server import EmulatedAws
from generator.operators.endpoint import EndpointOperator
from generator.operators.endpoint_config import EndpointConfigOperator
from generator.operators.model import ModelOperator

_numbers = itertools.count(1)
TAGS = [{"Key": "pipeline", "Value": "churn"}]
ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def run_name() -> str:
    """What a run calls its training job, its model and its configuration."""
    return f"churn-20261122-{next(_numbers):08x}-1"


class EndpointWorld:
    """The emulated AWS, one trained model, and what tests ask of its endpoints."""

    def __init__(self, world: TrainingWorld) -> None:
        from example_jobs import ROLE

        self._role = ROLE
        self.emulated: EmulatedAws = world.emulated
        self.aws = world.aws
        self.sagemaker = world.aws.sagemaker
        self.scaling = boto3.client("application-autoscaling")
        trained = self.aws.finish_training(self.aws.train())
        self.artifact: str = trained["ModelArtifacts"]["S3ModelArtifacts"]

    def model_task(self, name: str, url: str | None = None) -> ModelOperator:
        from example_jobs import IMAGE

        container = {"Image": IMAGE, "ModelDataUrl": url or self.artifact}
        config = {
            "ModelName": name,
            "ExecutionRoleArn": self._role,
            "PrimaryContainer": container,
            "Tags": TAGS,
        }
        return ModelOperator(task_id="create_model", config=config)

    def config_task(self, name: str, model: str, **changes: Any) -> EndpointConfigOperator:
        variant: dict[str, Any] = {"VariantName": "AllTraffic", "ModelName": model}
        if "ServerlessConfig" not in changes:
            variant |= {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        capture = changes.pop("capture", None)
        config = {"EndpointConfigName": name, "ProductionVariants": [variant | changes]}
        config |= {"Tags": TAGS} | ({"DataCaptureConfig": capture} if capture else {})
        return EndpointConfigOperator(task_id="create_endpoint_config", config=config)

    def model(self, name: str = "", url: str | None = None) -> str:
        """Make a model; its name."""
        task = self.model_task(name or run_name(), url)
        return str(task.execute(context(task))["Model"]["ModelName"])

    def config(self, model: str | None = None, **changes: Any) -> str:
        """Make the endpoint configuration of a run; its name."""
        task = self.config_task(run_name(), model or self.model(), **changes)
        return str(task.execute(context(task))["EndpointConfig"]["EndpointConfigName"])

    def broken_config(self) -> str:
        """Make a configuration whose container will not answer."""
        self.aws.s3.put_object(Bucket="bucket", Key="broken.tar.gz", Body=b"no model")
        return self.config(self.model(url="s3://bucket/broken.tar.gz"))

    def settle(self, endpoint: str) -> dict[str, Any]:
        """Wait until an endpoint has ended what it does; its description."""
        from example_endpoints import settle

        described: dict[str, Any] = settle(self.aws, endpoint)
        return described

    def describe(self, endpoint: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=endpoint)
        return found

    def serve(self, config: str) -> str:
        """Create an endpoint and wait; its name."""
        name = new_endpoint()
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        assert self.settle(name)["EndpointStatus"] == "InService"
        return name


def new_endpoint() -> str:
    return f"endpoint-{next(_numbers)}"


def deploy_task(endpoint: str, config: str, **changed: Any) -> EndpointOperator:
    deployment = changed.pop("deployment", None)
    request: dict[str, Any] = {"EndpointName": endpoint, "EndpointConfigName": config, "Tags": TAGS}
    request |= {"DeploymentConfig": deployment} if deployment else {}
    fields = {"task_id": "deploy", "deferrable": False, "check_interval": 0.2, "timeout": 60}
    return EndpointOperator(config=request, **{**fields, **changed})


def run(task: EndpointOperator) -> Any:
    """Run a try as Airflow does, as often as it defers itself."""
    begin: Callable[[], Any] = lambda: task.execute(context(task))  # noqa: E731
    while True:
        try:
            return begin()
        except TaskDeferred as deferral:
            arguments = {**(deferral.kwargs or {}), "event": wait_in_triggerer(deferral)}
            begin = _resumption(task, deferral, arguments)


def _resumption(task: Any, deferral: TaskDeferred, arguments: Any) -> Callable[[], Any]:
    return lambda: task.resume_execution(deferral.method_name, arguments, context(task))


def failure(task: EndpointOperator) -> str:
    """What a try fails with: the error's class and text."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each test looks at the words)
        run(task)
    return f"{type(caught.value).__name__}: {caught.value}"


@contextmanager
def endpoint_world() -> Iterator[EndpointWorld]:
    with training_world() as world:
        made = EndpointWorld(world)
        yield made
        made.scaling.close()
