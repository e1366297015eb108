"""Which IAM permissions tasks need beside those for the requests that they send.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from generator.aws_requests.place import Permission, Place, each

Task = Mapping[str, Any]

_RUN = "-20260930-00000000-1"
"""How the names of what a run makes go on after the pipeline's."""

GLUE_LOGS = ("/aws-glue/jobs/error", "/aws-glue/jobs/output")
TRAINING_LOGS = ("/aws/sagemaker/TrainingJobs",)


def of_task(task: Task, place: Place) -> Iterator[Permission]:
    """Yield what one task of a configuration does besides the requests that it sends."""
    operator = task["operator"].rpartition(".")[2]
    if operator in _NEEDS:
        yield from _NEEDS[operator](task, place)


def _glue(task: Task, place: Place) -> Iterator[Permission]:
    job = place.arn("glue", f"job/{task['job_name']}")
    yield from each(("glue:GetJobRuns", "glue:BatchStopJobRun"), job)
    yield from _reads_logs(GLUE_LOGS, place)


def _train(task: Task, place: Place) -> Iterator[Permission]:
    prefix = task["config"]["TrainingJobName"].partition("{{")[0].rstrip("-")
    yield Permission("sagemaker:StopTrainingJob", _of_run(place, "training-job", prefix))
    yield from _reads_logs(TRAINING_LOGS, place)


def _evaluate(task: Task, place: Place) -> Iterator[Permission]:
    if "no_worse_than_production_by" in task:
        yield from _looks(task, place)
        yield Permission("sagemaker:DescribeTrainingJob", _of_run(place, "training-job", "x"))


def _looks(task: Task, place: Place) -> Iterator[Permission]:
    """From an endpoint down to its model."""
    yield Permission("sagemaker:DescribeEndpoint", _endpoint(task, place))
    config, model = (_of_run(place, kind, "x") for kind in ("endpoint-config", "model"))
    yield Permission("sagemaker:DescribeEndpointConfig", config)
    yield Permission("sagemaker:DescribeModel", model)


def _deploy(task: Task, place: Place) -> Iterator[Permission]:
    name = task["config"]["EndpointName"]
    yield Permission("sagemaker:DeleteEndpoint", _arn(place, "endpoint", name))
    config = _of_run(place, "endpoint-config", "x")
    yield Permission("sagemaker:DescribeEndpointConfig", config)
    yield Permission("application-autoscaling:DescribeScalableTargets", "*")
    target = place.arn("application-autoscaling", "scalable-target/x")
    yield Permission("application-autoscaling:DeregisterScalableTarget", target)
    if "DeploymentConfig" in task["config"]:
        # SageMaker looks at the alarms in the name of whoever has updated the endpoint.
        yield Permission("cloudwatch:DescribeAlarms", place.arn("cloudwatch", "alarm:x"))


def _smoke_test(task: Task, place: Place) -> Iterator[Permission]:
    # The rows that it reads are those that the training job reads.
    yield Permission("sagemaker:InvokeEndpoint", _endpoint(task, place))


def _autoscale(task: Task, place: Place) -> Iterator[Permission]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html"""
    target = place.arn("application-autoscaling", "scalable-target/x")
    scaling = ("RegisterScalableTarget", "PutScalingPolicy")
    yield from each([f"application-autoscaling:{action}" for action in scaling], target)
    actions = ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities")
    yield from each([f"sagemaker:{action}" for action in actions], _endpoint(task, place))
    alarm = place.arn("cloudwatch", "alarm:TargetTracking-endpoint/x")
    yield from each(("cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"), alarm)


def _clean_up(task: Task, place: Place) -> Iterator[Permission]:
    listed = ("ListEndpoints", "ListEndpointConfigs", "ListModels")
    yield from each([f"sagemaker:{action}" for action in listed], "*")
    yield Permission("sagemaker:DescribeEndpoint", _endpoint(task, place))
    prefix = task["name_prefix"]
    for kind, actions in {
        "endpoint-config": ("ListTags", "DescribeEndpointConfig", "DeleteEndpointConfig"),
        "model": ("ListTags", "DeleteModel"),
    }.items():
        named = _of_run(place, kind, prefix)
        yield from each([f"sagemaker:{action}" for action in actions], named)


_NEEDS: Mapping[str, Callable[[Task, Place], Iterator[Permission]]] = {
    "GlueOperator": _glue,
    "TrainingOperator": _train,
    "EvaluationOperator": _evaluate,
    "EndpointOperator": _deploy,
    "VerificationOperator": _looks,
    "SmokeTestOperator": _smoke_test,
    "AutoscalingOperator": _autoscale,
    "RetentionOperator": _clean_up,
}


def _reads_logs(groups: tuple[str, ...], place: Place) -> Iterator[Permission]:
    for group in groups:
        arn = place.arn("logs", f"log-group:{group}:log-stream:x")
        yield from each(("logs:DescribeLogStreams", "logs:GetLogEvents"), arn)


def _endpoint(task: Task, place: Place) -> str:
    return _arn(place, "endpoint", task["endpoint_name"])


def _of_run(place: Place, kind: str, prefix: str) -> str:
    return _arn(place, kind, f"{prefix}{_RUN}")


def _arn(place: Place, kind: str, name: str) -> str:
    # SageMaker's ARNs are in small letters, whatever the name.
    return place.arn("sagemaker", f"{kind}/{name.lower()}")
