"""Which training job made the model that an endpoint serves now."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

_MADE_BY_A_JOB = re.compile(r"/(?P<job>[A-Za-z0-9-]+)/output/model\.tar\.gz$")
"""Where a training job puts its model:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html"""

_SERVE_NOTHING = ("Failed", "Deleting")


class NotComparableError(Exception):
    """Why nothing can be said of the model in production; a clause without a full stop."""


def production_job(sagemaker: Any, endpoint: str) -> dict[str, Any] | None:
    """Return the description of the training job behind an endpoint, None if nothing is served.

    ``sagemaker`` is a boto3 client. Raises NotComparableError if there is a model but no job of
    it, and ClientError for any other answer of AWS.
    """
    described = _found(sagemaker.describe_endpoint, EndpointName=endpoint)
    if described is None or described["EndpointStatus"] in _SERVE_NOTHING:
        return None
    url = _artifact(sagemaker, _model(sagemaker, endpoint, described["EndpointConfigName"]))
    made = _MADE_BY_A_JOB.search(url)
    if made is None:
        raise NotComparableError(f"its model {url} was not made by a training job")
    job = _found(sagemaker.describe_training_job, TrainingJobName=made["job"])
    if job is None or job.get("ModelArtifacts", {}).get("S3ModelArtifacts") != url:
        raise NotComparableError(f"the training job {made['job']} of its model is gone")
    return job


def _model(sagemaker: Any, endpoint: str, config: str) -> str:
    """Return the name of the model that gets most of the requests."""
    described = _found(sagemaker.describe_endpoint_config, EndpointConfigName=config)
    if described is None:
        raise NotComparableError(f"its endpoint configuration {config} is gone")
    variants = described["ProductionVariants"]
    most = max(variants, key=lambda variant: variant.get("InitialVariantWeight", 1.0))
    if "ModelName" not in most:
        raise NotComparableError(f"{endpoint} serves inference components")
    return str(most["ModelName"])


def _artifact(sagemaker: Any, model: str) -> str:
    """Return the S3 URI of a model's first container."""
    described = _found(sagemaker.describe_model, ModelName=model)
    if described is None:
        raise NotComparableError(f"its model {model} is gone")
    containers = [described.get("PrimaryContainer"), *described.get("Containers", ())]
    urls = [each["ModelDataUrl"] for each in containers if each and "ModelDataUrl" in each]
    if not urls:
        raise NotComparableError(f"its model {model} has no artifact in S3")
    return str(urls[0])


def _found(describe: Any, **name: str) -> dict[str, Any] | None:
    """Return what is described, or None if it does not exist.

    SageMaker has no error of its own for that: it answers ValidationException with "Could not
    find …" or "Requested resource not found."
    """
    try:
        answer: dict[str, Any] = describe(**name)
    except ClientError as error:
        said = error.response.get("Error", {})
        missing = re.search("could not find|not found", said.get("Message", ""), re.IGNORECASE)
        if missing and said.get("Code") in ("ValidationException", "ResourceNotFound"):
            return None
        raise
    return answer
