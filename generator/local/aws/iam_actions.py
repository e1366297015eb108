"""Which IAM actions on which resources a request to AWS needs.

From the Service Authorization Reference, whose tables map API operations to actions:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from generator.local.aws.account import ACCOUNT_ID
from generator.local.aws.api_operation import Request

# Services whose actions begin differently from what they sign with.
_PREFIXES = {"monitoring": "cloudwatch"}

# S3's actions that are not called like the operation:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_OF_A_VERSION = ("GetObject", "DeleteObject")

# The parameter that names a resource, and how the resource's ARN goes on after the account.
_RESOURCES: Mapping[str, Mapping[str, str]] = {
    "airflow": {"Name": "environment/{}"},
    "application-autoscaling": {"ResourceId": "scalable-target/{}"},
    "glue": {"Name": "job/{}", "JobName": "job/{}"},
    "iam": {"RoleName": "role/{}"},
    # An endpoint comes after what it is made of: it is the endpoint that gets tags.
    "sagemaker": {
        "EndpointConfigName": "endpoint-config/{}",
        "EndpointName": "endpoint/{}",
        "ModelName": "model/{}",
        "TrainingJobName": "training-job/{}",
    },
    # Secrets Manager adds six characters of its own to a name.
    "secretsmanager": {"SecretId": "secret:{}-000000"},
}
_ARNS = ("ResourceArn", "TargetArn", "TopicArn")
_ROLES = ("ExecutionRoleArn", "Role", "RoleArn")
# What Application Auto Scaling asks of its caller besides, on the endpoint or on its own alarms:
# https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
_SCALING_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_SCALING = {
    "RegisterScalableTarget": (
        *("sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"),
        "iam:CreateServiceLinkedRole",
    ),
    "PutScalingPolicy": ("cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"),
    "DeleteScalingPolicy": ("cloudwatch:DeleteAlarms",),
}
_TAGGING = {"glue": "glue:TagResource", "sagemaker": "sagemaker:AddTags"}


class Need(NamedTuple):
    """An IAM action on the ARN of a resource, "*" where the action knows no resource."""

    action: str
    resource: str


def needs(request: Request) -> Iterator[Need]:
    """Yield what the caller must be allowed for `request`."""
    if request.service == "s3":
        yield from _s3_needs(request)
        return
    action = f"{_PREFIXES.get(request.service, request.service)}:{request.operation}"
    resources = list(_resources(request)) or ["*"]
    yield from (Need(action, resource) for resource in resources)
    yield from _more_needs(request, resources[-1])


def _more_needs(request: Request, resource: str) -> Iterator[Need]:
    """What creating and changing takes besides: to tag the resource, and to give it a role."""
    if request.service == "application-autoscaling":
        yield from _scaling_needs(request)
        return
    parameters = {**request.parameters, **request.parameters.get("JobUpdate", {})}
    creates = request.operation.startswith("Create")
    if request.service in _TAGGING and creates and parameters.get("Tags"):
        yield Need(_TAGGING[request.service], resource)
    if request.service in ("airflow", "glue", "sagemaker"):
        yield from (Need("iam:PassRole", parameters[name]) for name in _ROLES if name in parameters)


def _scaling_needs(request: Request) -> Iterator[Need]:
    target = str(request.parameters.get("ResourceId", ""))
    account = f"{request.region}:{ACCOUNT_ID}"
    resources = {
        "cloudwatch": f"arn:aws:cloudwatch:{account}:alarm:TargetTracking-{target}",
        "iam": f"arn:aws:iam::{ACCOUNT_ID}:{_SCALING_ROLE}",
        "sagemaker": f"arn:aws:sagemaker:{account}:{target.partition('/variant/')[0]}",
    }
    for action in _SCALING.get(request.operation, ()):
        yield Need(action, resources[action.partition(":")[0]])


def _s3_needs(request: Request) -> Iterator[Need]:
    parameters = request.parameters
    action = _S3_ACTIONS.get(request.operation, request.operation)
    if action in _OF_A_VERSION and parameters.get("versionId"):
        action += "Version"
    bucket = parameters.get("Bucket", "*")
    keys = parameters.get("Keys") or [parameters.get("Key")]
    for key in keys:
        yield Need(f"s3:{action}", _s3_arn(f"{bucket}/{key}" if key else bucket))
    if source := parameters.get("CopySource"):
        yield Need("s3:GetObject", _s3_arn(source.partition("?")[0]))


def _s3_arn(name: str) -> str:
    return "*" if name == "*" else f"arn:aws:s3:::{name}"


def _resources(request: Request) -> Iterator[str]:
    parameters = request.parameters
    if request.service == "logs" and (group := parameters.get("logGroupName")):
        stream = parameters.get("logStreamName")
        yield _arn(request, f"log-group:{group}" + (f":log-stream:{stream}" if stream else ""))
    elif request.operation == "InvokeRestApi":
        yield _arn(request, f"role/{parameters['Name']}/Admin")
    for name, tail in _RESOURCES.get(request.service, {}).items():
        if name in parameters and request.operation != "InvokeRestApi":
            value = parameters[name]
            yield value if value.startswith("arn:") else _arn(request, tail.format(value))
    yield from (parameters[name] for name in _ARNS if name in parameters)


def _arn(request: Request, tail: str) -> str:
    region = "" if request.service == "iam" else request.region
    return f"arn:aws:{request.service}:{region}:{ACCOUNT_ID}:{tail}"
