"""Which IAM permissions the roles need that the jobs of an expanded pipeline run as.

https://docs.aws.amazon.com/glue/latest/ug/getting-started-min-privs-job.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.aws_requests.permissions import inputs
from generator.aws_requests.place import Permission, Place, each, on_objects
from generator.aws_requests.requests import Request, requests

_LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")
_NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
)


def of_glue(configuration: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    """Yield what the Glue jobs of ``{dag_id: {…, "tasks": {…}}}`` do as their role.

    Of a script's arguments only those are known to be read or written that have our names.
    """
    for request in _sent(configuration, "CreateJob"):
        yield from on_objects(place, request.values["Command"]["ScriptLocation"], "GetObject")
        yield from each(_LOGGING, place.arn("logs", "log-group:/aws-glue/jobs/output:log-stream:x"))
    for request in _sent(configuration, "StartJobRun"):
        for name, value in request.values["Arguments"].items():
            if name == "--output":
                yield from on_objects(place, value, "PutObject", "DeleteObject", listed=True)
            elif name == "--source" or name.startswith("--input_"):
                yield from on_objects(place, value, "GetObject", listed=True)


def of_sagemaker(configuration: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    """Yield what the training job and the endpoint of a configuration do as their role."""
    for request in _sent(configuration, "CreateTrainingJob"):
        yield from _training_job(request.values, place)
    for request in _sent(configuration, "CreateModel"):
        artifact = request.values["PrimaryContainer"]["ModelDataUrl"]
        yield from on_objects(place, artifact, "GetObject")
    for request in _sent(configuration, "CreateEndpointConfig"):
        capture = request.values.get("DataCaptureConfig", {}).get("DestinationS3Uri", "")
        yield from on_objects(place, capture, "PutObject")


def _training_job(job: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    for source in inputs(job):
        yield from on_objects(place, source, "GetObject", listed=True)
    # SageMaker makes a folder of what has no slash at its end, too.
    folder = job["OutputDataConfig"]["S3OutputPath"].rstrip("/") + "/"
    yield from on_objects(place, folder, "PutObject")
    if "CheckpointConfig" in job:
        checkpoints = job["CheckpointConfig"]["S3Uri"]
        yield from on_objects(place, checkpoints, "GetObject", "PutObject", listed=True)
    logs = place.arn("logs", "log-group:/aws/sagemaker/TrainingJobs:log-stream:x")
    yield from each(_LOGGING, logs)
    if "VpcConfig" in job:
        yield from each(_NETWORK, place.arn("ec2", "network-interface/*"))


def _sent(configuration: Mapping[str, Any], operation: str) -> Iterator[Request]:
    return (request for request in requests(configuration) if request.operation == operation)
