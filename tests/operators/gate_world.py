"""An emulated AWS with trained models, and a task instance that keeps what is pushed."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from examples import ROOT

from generator.local.aws.server import EmulatedAws

sys.path.append(str(ROOT / "tests" / "local"))
_numbers = itertools.count(1)


class TaskInstance:
    """Keeps what a task pushes before it raises."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


class World:
    """The emulated AWS with data in s3://bucket/data/; operators find it by their connection."""

    def __init__(self, emulated: EmulatedAws) -> None:
        from example_jobs import Aws, example_rows

        self.aws = Aws(emulated)
        self.aws.put_rows("data/train/part-0.csv", example_rows(300, seed=1))
        self.aws.put_rows("data/validation/part-0.csv", example_rows(300, seed=2))

    def train(self, rounds: int, metrics: str = "logloss,auc") -> str:
        """Train a model, the better the more rounds; the name of its job."""
        asked = {"num_round": str(rounds), "max_depth": "1", "eval_metric": metrics}
        job = self.aws.train(HyperParameters=asked)
        assert self.aws.finish_training(job)["TrainingJobStatus"] == "Completed"
        return job

    def artifact(self, job: str) -> str:
        described = self.aws.sagemaker.describe_training_job(TrainingJobName=job)
        return str(described["ModelArtifacts"]["S3ModelArtifacts"])

    def serve(self, url: str) -> str:
        """Begin to serve the model at a URL; the name of the endpoint."""
        from example_endpoints import create_config, create_model

        endpoint = f"endpoint-{next(_numbers)}"
        config = create_config(self.aws, create_model(self.aws, url))
        self.aws.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        return endpoint

    def settle(self, endpoint: str) -> str:
        """Wait until an endpoint serves or has failed; its status."""
        from example_endpoints import settle

        return str(settle(self.aws, endpoint)["EndpointStatus"])


@contextmanager
def world() -> Iterator[World]:
    with EmulatedAws() as emulated, pytest.MonkeyPatch.context() as patch:
        for name, value in emulated.environment.items():
            patch.setenv(name, value)
        made = World(emulated)
        yield made
        for client in made.aws.clients.values():
            client.close()
