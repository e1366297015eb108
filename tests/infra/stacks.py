"""The stacks of infra/, deployed on the CloudFormation of the emulated AWS.

CloudFormation is moto's. It makes no resource of the types in `_MORE` by itself, and of a bucket
it sets nothing but encryption and tags; here that is done with the APIs that CloudFormation calls.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from examples import ROOT
from moto.cloudformation import parsing
from moto.s3.models import FakeBucket

from generator.local.aws.server import EmulatedAws

TEMPLATES = ROOT / "infra"
Properties = Mapping[str, Any]


class Stacks:
    """Deploys templates; `clients(service)` are of the account that they are deployed to."""

    def __init__(self, aws: EmulatedAws, patch: pytest.MonkeyPatch) -> None:
        self._aws = aws
        self._session = boto3.Session("test", "test", region_name="us-east-1")
        self._clients: dict[str, Any] = {}
        known = parsing.get_model_map()
        more = {kind: _model(self, create) for kind, create in _MORE.items()}
        bucket = type("Bucket", (_Bucket,), {"stacks": self})
        patch.setattr(
            parsing, "get_model_map", lambda: {**known, **more, "AWS::S3::Bucket": bucket}
        )

    def clients(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(proxies={}, inject_host_prefix=False)
            client = self._session.client(service, endpoint_url=self._aws.url, config=config)
            self._clients[service] = client
        return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def deploy(self, template: str, **parameters: str) -> dict[str, str]:
        """Create the stack of infra/<template>.yaml and return its outputs."""
        cloudformation = self.clients("cloudformation")
        name = "-".join([parameters["Name"], template, *parameters.get("Pipeline", "").split()])
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=self._packaged((TEMPLATES / f"{template}.yaml").read_text("utf-8")),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def _packaged(self, template: str) -> str:
        """As `aws cloudformation package` does it: a folder of code goes to S3 as a zip file."""
        folder = re.search(r"(?<= Code: )(\w+)/$", template, re.MULTILINE)
        if not folder:
            return template
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            for file in sorted((TEMPLATES / folder[1]).glob("*.py")):
                opened.write(file, file.name)
        s3, place = self.clients("s3"), {"Bucket": "packages", "Key": f"{folder[1]}.zip"}
        s3.create_bucket(Bucket=place["Bucket"])
        s3.put_object(**place, Body=archive.getvalue())
        found = json.dumps({"S3Bucket": place["Bucket"], "S3Key": place["Key"]})
        return template.replace(folder[0], found)

    def policies(self, role_arn: str) -> dict[str, Any]:
        """Return the policy documents of a role by their names."""
        iam, role = self.clients("iam"), role_arn.rpartition("/")[2]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in names
        }
        # moto's CloudFormation keeps them as Python's text.
        return {
            name: ast.literal_eval(document) if isinstance(document, str) else document
            for name, document in found.items()
        }


class _Bucket:
    """moto's bucket with the settings that moto's CloudFormation leaves out."""

    stacks: Stacks
    has_cfn_attr = FakeBucket.has_cfn_attr

    @classmethod
    def create_from_cloudformation_json(cls, name, cloudformation_json, *more, **options):
        bucket = FakeBucket.create_from_cloudformation_json(
            name, cloudformation_json, *more, **options
        )
        _set_up(cls.stacks.clients("s3"), name, cloudformation_json["Properties"])
        return bucket


def _set_up(s3: Any, bucket: str, properties: Properties) -> None:
    s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"]
    )
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration=_typed(properties["PublicAccessBlockConfiguration"]),
    )
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls=properties["OwnershipControls"]
    )
    rules = [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    if "NotificationConfiguration" in properties:
        assert _typed(properties["NotificationConfiguration"]) == {
            "EventBridgeConfiguration": {"EventBridgeEnabled": True}
        }
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """The API's words for a rule: ID for Id, and a filter around the prefix."""
    same = {key: value for key, value in rule.items() if key not in ("Id", "Prefix")}
    return {**_typed(same), "ID": rule["Id"], "Filter": {"Prefix": rule.get("Prefix", "")}}


def _bucket_policy(stacks: Stacks, properties: Properties) -> str:
    policy = json.dumps(properties["PolicyDocument"])
    stacks.clients("s3").put_bucket_policy(Bucket=properties["Bucket"], Policy=policy)
    return str(properties["Bucket"])


def _topic_policy(stacks: Stacks, properties: Properties) -> str:
    policy = json.dumps(properties["PolicyDocument"])
    for topic in properties["Topics"]:
        stacks.clients("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=policy
        )
    return "topic-policy"


def _queue_policy(stacks: Stacks, properties: Properties) -> str:
    policy = {"Policy": json.dumps(properties["PolicyDocument"])}
    for queue in properties["Queues"]:
        stacks.clients("sqs").set_queue_attributes(QueueUrl=queue, Attributes=policy)
    return "queue-policy"


def _invocations(stacks: Stacks, properties: Properties) -> str:
    settings = {name: value for name, value in properties.items() if name != "Qualifier"}
    stacks.clients("lambda").put_function_event_invoke_config(**_typed(settings))
    return "invocations"


def _alarm(stacks: Stacks, properties: Properties) -> str:
    stacks.clients("cloudwatch").put_metric_alarm(**_typed(properties))
    return str(properties["AlarmName"])


def _association(stacks: Stacks, properties: Properties) -> str:
    """moto keeps an association where describe_route_tables does not look."""
    return str(stacks.clients("ec2").associate_route_table(**properties)["AssociationId"])


def _environment(stacks: Stacks, properties: Properties) -> str:
    options = {"AirflowConfigurationOptions": properties["AirflowConfigurationOptions"]}
    stacks.clients("mwaa").create_environment(**{**_typed(properties), **options})
    return str(properties["Name"])


_MORE: Mapping[str, Callable[[Stacks, Properties], str]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::EC2::SubnetRouteTableAssociation": _association,
    "AWS::Lambda::EventInvokeConfig": _invocations,
    "AWS::MWAA::Environment": _environment,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
}
"""By type: makes the resource from its resolved properties and returns its physical id."""


def _model(stacks: Stacks, create: Callable[[Stacks, Properties], str]) -> type:
    """Return what moto takes for a type of resource."""

    class Resource:
        def __init__(self, name: str) -> None:
            self.physical_resource_id = name

        @classmethod
        def create_from_cloudformation_json(cls, _, cloudformation_json, *more, **options):
            return cls(create(stacks, cloudformation_json["Properties"]))

        @classmethod
        def has_cfn_attr(cls, attribute: str) -> bool:
            return True

        def get_cfn_attribute(self, attribute: str) -> str:
            found = stacks.clients("mwaa").get_environment(Name=self.physical_resource_id)
            return str(found["Environment"][attribute])

        def is_created(self) -> bool:
            return True

    return Resource


def _typed(value: Any) -> Any:
    """Numbers and booleans as such: `!Ref` makes text of them, CloudFormation converts them."""
    if isinstance(value, dict):
        return {key: _typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each) for each in value]
    if isinstance(value, str) and re.fullmatch(r"\d+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
