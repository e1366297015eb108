"""What surrounds an endpoint that a run of customer-churn deployed, seen without the notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Client = Callable[[str], Any]
"""A boto3 client by the name of its service."""


class Truth:
    """The validation rows and the endpoint's scores, fetched a second time and plainly."""

    def __init__(self, report: dict[str, Any], client: Client) -> None:
        bucket, _, prefix = report["training"]["validation"].removeprefix("s3://").partition("/")
        self.bucket, self.prefix, self.s3 = bucket, prefix, client("s3")
        listed = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        self.keys = [entry["Key"] for entry in listed["Contents"]]
        text = "".join(self._read(key) for key in self.keys)
        self.rows = text.splitlines()
        self.labels = [int(row.partition(",")[0]) for row in self.rows]
        body = "\n".join(row.partition(",")[2] for row in self.rows)
        answer = client("sagemaker-runtime").invoke_endpoint(
            EndpointName="customer-churn", ContentType="text/csv", Body=body
        )
        self.scores = [float(score) for score in answer["Body"].read().decode().split(",")]

    def _read(self, key: str) -> str:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def mistaken(self) -> str:
        """Return the rows with the first twenty labels turned round."""
        turned = [
            f"{1 - label}{row[1:]}"
            for label, row in zip(self.labels[:20], self.rows[:20], strict=True)
        ]
        return "\n".join([*turned, *self.rows[20:]])

    @contextmanager
    def replaced(self, text: str | None) -> Iterator[None]:
        """Have other rows in the first file, or none at all, for a while."""
        key = self.keys[0]
        before = self._read(key)
        if text is None:
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        else:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        try:
            yield
        finally:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=before.encode())


def train_again(sagemaker: Any, name: str) -> None:
    """Train on the rows that the job of that name was validated with, and the other way round."""
    job = sagemaker.describe_training_job(TrainingJobName=name)
    first, second = job["InputDataConfig"]
    first["DataSource"], second["DataSource"] = second["DataSource"], first["DataSource"]
    same = ("AlgorithmSpecification", "RoleArn", "HyperParameters", "InputDataConfig")
    more = ("OutputDataConfig", "ResourceConfig", "StoppingCondition")
    request = {key: job[key] for key in (*same, *more)}
    newer = f"{name}-newer"
    sagemaker.create_training_job(TrainingJobName=newer, **request)
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=newer, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def deploy_a_copy(client: Client, training: dict[str, Any]) -> None:
    """Deploy the model of a training job from another place than that job wrote it to."""
    sagemaker, s3 = client("sagemaker"), client("s3")
    bucket, _, key = training["model_artifact"].removeprefix("s3://").partition("/")
    s3.copy_object(Bucket=bucket, Key="model.tar.gz", CopySource={"Bucket": bucket, "Key": key})
    sagemaker.create_model(
        ModelName="copied",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/local-sagemaker",
        PrimaryContainer={
            "Image": training["image"],
            "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
        },
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="copied",
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": "copied",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName="copied", EndpointConfigName="copied")
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName="copied", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
