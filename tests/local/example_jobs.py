"""Clients, requests and data that the tests of the emulated AWS share."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable
from typing import Any

import boto3
import numpy as np

from generator.local.aws.server import EmulatedAws

BUCKET = "bucket"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
ROLE = "arn:aws:iam::123456789012:role/sagemaker"
_numbers = itertools.count(1)


class Aws:
    """The emulated AWS with a client for each service, and what several tests need."""

    def __init__(self, emulated: EmulatedAws) -> None:
        self.emulated = emulated
        names = ("s3", "glue", "sagemaker", "sagemaker-runtime", "logs", "sts")
        self.clients = {name: make_client(emulated.url, name) for name in names}
        self.s3, self.glue, self.sagemaker, self.runtime, self.logs, self.sts = (
            self.clients.values()
        )
        self.s3.create_bucket(Bucket=BUCKET)
        self.model: str | None = None

    def put_rows(self, key: str, rows: Any) -> None:
        """CSV without a header."""
        text = io.StringIO()
        np.savetxt(text, rows, delimiter=",", fmt="%g")
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=text.getvalue().encode())

    def train(self, **changes: Any) -> str:
        """Starts a training job on the standard data; its name."""
        request = training_request(**changes)
        self.sagemaker.create_training_job(**request)
        return request["TrainingJobName"]

    def finish_training(self, name: str) -> dict[str, Any]:
        """The description of the job once it has ended."""
        return wait_for(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name),
            lambda job: job["TrainingJobStatus"] not in ("InProgress", "Stopping"),
        )

    def log_of(self, group: str, prefix: str) -> list[str]:
        """The lines of the only stream that begins with `prefix`."""
        [stream] = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)[
            "logStreams"
        ]
        answer = self.logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
        )
        return [event["message"] for event in answer["events"]]


def make_client(url: str, service: str) -> Any:
    """A boto3 client of the emulated AWS at `url`."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def training_request(**changes: Any) -> dict[str, Any]:
    """A CreateTrainingJob request that trains for ten rounds in well under a second."""
    hyperparameters = {
        "objective": "binary:logistic",
        "eval_metric": "logloss,auc",
        "num_round": "10",
        **changes.pop("HyperParameters", {}),
    }
    return {
        "TrainingJobName": f"job-{next(_numbers)}",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": hyperparameters,
        "InputDataConfig": [channel("train"), channel("validation")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 5,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **changes,
    }


def channel(name: str, uri: str | None = None, content_type: str | None = "text/csv") -> Any:
    """One element of InputDataConfig."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri or f"s3://{BUCKET}/data/{name}/"}
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        **({"ContentType": content_type} if content_type else {}),
    }


def wait_for(look: Callable[[], Any], done: Callable[[Any], bool], seconds: float = 60.0) -> Any:
    """What `look` sees as soon as it is `done`."""
    deadline = time.monotonic() + seconds
    while not done(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def example_rows(count: int, seed: int) -> Any:
    """Label first, then five features, of which two matter."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 5))
    noise = random.normal(size=count) * 0.3
    label = features[:, 0] + features[:, 1] / 2 + noise > 0
    return np.column_stack([label, features])
