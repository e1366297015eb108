"""Which IAM permissions the tasks of an expanded pipeline need.

What a request asks of its caller: https://docs.aws.amazon.com/service-authorization/latest/reference/
and https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from generator.aws_requests.place import Permission, Place, each, on_objects
from generator.aws_requests.requests import requests
from generator.aws_requests.task_permissions import of_task

GLUE, SAGEMAKER = "glue.amazonaws.com", "sagemaker.amazonaws.com"
_EVENTS = ("on_failure_callback", "on_skipped_callback", "on_success_callback")


def of_airflow(configuration: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    """Yield what the tasks of ``{dag_id: {…, "tasks": {…}}}`` do as Airflow's own role."""
    for request in requests(configuration):
        yield from _NEEDS[request.operation](request.values, place)
    (dag,) = configuration.values()
    for task in dag["tasks"].values():
        yield from of_task(task, place)
    for topic in dict.fromkeys(_topics(dag)):
        yield Permission("sns:Publish", topic)


def _topics(dag: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ARNs that the callbacks of a DAG and of its tasks tell."""
    for holder in (dag, dag["default_args"], *dag["tasks"].values()):
        for event in _EVENTS:
            if event in holder:
                yield holder[event]["target_arn"]


def _create_job(job: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    arn = place.arn("glue", f"job/{job['Name']}")
    yield from each(("glue:GetJob", "glue:CreateJob"), arn)
    if "Tags" in job:
        # The provider brings the tags of a job that exists up to date.
        yield from each(("glue:GetTags", "glue:TagResource", "glue:UntagResource"), arn)
    yield _pass_role(job["Role"], GLUE)


def _update_job(update: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    yield Permission("glue:UpdateJob", place.arn("glue", f"job/{update['JobName']}"))


def _start_job_run(run: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    arn = place.arn("glue", f"job/{run['JobName']}")
    yield from each(("glue:StartJobRun", "glue:GetJobRun"), arn)


def _create_training_job(job: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    yield from _made(place, "TrainingJob", "training-job", job["TrainingJobName"], job)
    yield _pass_role(job["RoleArn"], SAGEMAKER)
    # The operator looks whether the data is there before it sends the request.
    for source in inputs(job):
        yield from on_objects(place, source, "GetObject", listed=True)
    yield from _grant(job["ResourceConfig"].get("VolumeKmsKeyId"))


def _create_model(model: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    yield from _made(place, "Model", "model", model["ModelName"], model)
    yield _pass_role(model["ExecutionRoleArn"], SAGEMAKER)


def _create_endpoint_config(config: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    name = config["EndpointConfigName"]
    yield from _made(place, "EndpointConfig", "endpoint-config", name, config)
    yield from _grant(config.get("KmsKeyId"))


def _create_endpoint(endpoint: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    yield from _made(place, "Endpoint", "endpoint", endpoint["EndpointName"], endpoint)
    yield Permission("sagemaker:CreateEndpoint", _endpoint_config(endpoint, place))


def _update_endpoint(endpoint: Mapping[str, Any], place: Place) -> Iterator[Permission]:
    action = "sagemaker:UpdateEndpoint"
    yield Permission(action, _sagemaker_arn(place, "endpoint", endpoint["EndpointName"]))
    yield Permission(action, _endpoint_config(endpoint, place))


_NEEDS: Mapping[str, Callable[[Mapping[str, Any], Place], Iterator[Permission]]] = {
    "CreateJob": _create_job,
    "UpdateJob": _update_job,
    "StartJobRun": _start_job_run,
    "CreateTrainingJob": _create_training_job,
    "CreateModel": _create_model,
    "CreateEndpointConfig": _create_endpoint_config,
    "CreateEndpoint": _create_endpoint,
    "UpdateEndpoint": _update_endpoint,
}
"""What each operation of OPERATORS in requests.py takes, and the looking before and after it."""


def _made(
    place: Place, kind: str, resource: str, name: str, values: Mapping[str, Any]
) -> Iterator[Permission]:
    """Yield what creating and describing something of SageMaker takes."""
    arn = _sagemaker_arn(place, resource, name)
    yield from each((f"sagemaker:Create{kind}", f"sagemaker:Describe{kind}"), arn)
    if "Tags" in values:
        yield Permission("sagemaker:AddTags", arn)


def _endpoint_config(endpoint: Mapping[str, Any], place: Place) -> str:
    return _sagemaker_arn(place, "endpoint-config", endpoint["EndpointConfigName"])


def _sagemaker_arn(place: Place, resource: str, name: str) -> str:
    # SageMaker's ARNs are in small letters, whatever the name.
    return place.arn("sagemaker", f"{resource}/{name.lower()}")


def _pass_role(arn: str, service: str) -> Permission:
    return Permission("iam:PassRole", arn, (("iam:PassedToService", service),))


def _grant(key: str | None) -> Iterator[Permission]:
    """Yield what an encrypted volume takes of whoever asks for it."""
    if key:
        yield Permission("kms:DescribeKey", key)
        yield Permission("kms:CreateGrant", key, (("kms:GrantIsForAWSResource", "true"),))


def inputs(job: Mapping[str, Any]) -> list[str]:
    """Return the S3 URIs that a training job reads."""
    channels = job.get("InputDataConfig", ())
    return [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in channels]
