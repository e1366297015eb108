"""The emulated Service Quotas, and IAM's simulation of policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from example_jobs import Aws, make_client

ACCOUNT = "arn:aws:iam::123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "airflow.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


@pytest.fixture(scope="module")
def quotas(aws: Aws) -> Iterator[Any]:
    client = make_client(aws.emulated.url, "service-quotas")
    yield client
    client.close()


@pytest.fixture(scope="module")
def iam(aws: Aws) -> Iterator[Any]:
    client = make_client(aws.emulated.url, "iam")
    yield client
    client.close()


@pytest.fixture
def role(iam: Any) -> Iterator[Callable[..., str]]:
    """Makes a role with inline policies out of statements, one each; its ARN."""
    made: list[str] = []

    def make(*statements: dict[str, Any], **settings: Any) -> str:
        name = f"role-{len(made)}"
        document = json.dumps(TRUST)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **settings)
        made.append(name)
        for number, statement in enumerate(statements):
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_role_policy(RoleName=name, PolicyName=str(number), PolicyDocument=policy)
        return f"{ACCOUNT}:role{settings.get('Path', '/')}{name}"

    yield make
    for name in made:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=name)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def decide(iam: Any, role: str, action: str, resource: str = "*", **context: str) -> str:
    """The decision on one action; `context` is the service that a role is passed to."""
    entries = [
        {
            "ContextKeyName": name.replace("_", ":"),
            "ContextKeyValues": [value],
            "ContextKeyType": "string",
        }
        for name, value in context.items()
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource], ContextEntries=entries
    )
    [result] = answer["EvaluationResults"]
    assert (result["EvalActionName"], result["EvalResourceName"]) == (action, resource)
    return result["EvalDecision"]


def all_quotas(quotas: Any, service: str) -> list[dict[str, Any]]:
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode=service)
    return [quota for page in pages for quota in page["Quotas"]]


def value(quotas: Any, name: str) -> float:
    [found] = [quota for quota in all_quotas(quotas, "sagemaker") if quota["QuotaName"] == name]
    return found["Value"]


def test_a_fresh_account_has_a_few_common_instances_and_no_gpu(quotas: Any) -> None:
    assert value(quotas, "ml.m5.4xlarge for training job usage") == 2
    assert value(quotas, "ml.m5.large for endpoint usage") == 4
    assert value(quotas, "ml.p3.2xlarge for training job usage") == 0
    assert value(quotas, "ml.g5.xlarge for endpoint usage") == 0


def test_quotas_come_page_by_page_each_once(quotas: Any) -> None:
    first = quotas.list_service_quotas(ServiceCode="sagemaker")
    assert len(first["Quotas"]) == 100
    assert first["NextToken"]
    codes = [quota["QuotaCode"] for quota in all_quotas(quotas, "sagemaker")]
    assert len(codes) == len(set(codes)) > 500


def test_an_increase_is_granted_at_once(quotas: Any) -> None:
    name = "ml.p4d.24xlarge for training job usage"
    [quota] = [each for each in all_quotas(quotas, "sagemaker") if each["QuotaName"] == name]
    named = {"ServiceCode": "sagemaker", "QuotaCode": quota["QuotaCode"]}
    granted = quotas.request_service_quota_increase(**named, DesiredValue=3)["RequestedQuota"]
    assert (granted["Status"], granted["DesiredValue"]) == ("APPROVED", 3)
    assert value(quotas, name) == quotas.get_service_quota(**named)["Quota"]["Value"] == 3
    listed = quotas.list_service_quotas(**named)["Quotas"]
    assert [each["QuotaName"] for each in listed] == [name]
    with pytest.raises(quotas.exceptions.IllegalArgumentException, match="greater"):
        quotas.request_service_quota_increase(**named, DesiredValue=3)


def test_what_has_no_quotas_is_not_there(quotas: Any) -> None:
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.list_service_quotas(ServiceCode="teapots")
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.get_service_quota(ServiceCode="glue", QuotaCode="L-00000000")


def test_a_role_may_what_a_policy_allows_and_nothing_else(iam: Any, role: Any) -> None:
    some = role(
        allow(["s3:Get*", "glue:?etJob"], ["arn:aws:s3:::data/*", "arn:aws:glue:*:*:job/a?c"])
    )
    assert decide(iam, some, "s3:GetObject", "arn:aws:s3:::data/key") == "allowed"
    assert decide(iam, some, "S3:getobject", "arn:aws:s3:::data/key") == "allowed"
    assert decide(iam, some, "s3:PutObject", "arn:aws:s3:::data/key") == "implicitDeny"
    assert decide(iam, some, "s3:GetObject", "arn:aws:s3:::Data/key") == "implicitDeny"
    assert decide(iam, some, "s3:GetObject", "arn:aws:s3:::data") == "implicitDeny"
    assert decide(iam, some, "glue:GetJob", "arn:aws:glue:r:1:job/abc") == "allowed"
    assert decide(iam, some, "glue:GetJobs", "arn:aws:glue:r:1:job/abc") == "implicitDeny"


def test_a_dot_in_a_policy_is_a_dot(iam: Any, role: Any) -> None:
    dotted = role(allow("s3:GetObject", "arn:aws:s3:::my.bucket/*"))
    assert decide(iam, dotted, "s3:GetObject", "arn:aws:s3:::my-bucket/x") == "implicitDeny"


def test_a_deny_wins(iam: Any, role: Any) -> None:
    denied = role(allow("s3:*"), {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"})
    assert decide(iam, denied, "s3:GetObject", "arn:aws:s3:::a/b") == "explicitDeny"
    assert decide(iam, denied, "s3:PutObject", "arn:aws:s3:::a/b") == "allowed"


def test_what_is_not_meant_is_not_allowed(iam: Any, role: Any) -> None:
    other = role(
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::mine/*"},
    )
    assert decide(iam, other, "iam:PassRole") == "implicitDeny"
    assert decide(iam, other, "glue:GetJob") == "allowed"
    assert decide(iam, other, "s3:GetObject", "arn:aws:s3:::mine/x") == "allowed"
    assert decide(iam, other, "s3:GetObject", "arn:aws:s3:::yours/x") == "explicitDeny"


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "decision"),
    [
        ("StringEquals", "glue.amazonaws.com", "glue.amazonaws.com", "allowed"),
        ("StringEquals", ["a", "glue.amazonaws.com"], "glue.amazonaws.com", "allowed"),
        ("StringEquals", "glue.amazonaws.com", "ec2.amazonaws.com", "implicitDeny"),
        ("StringEquals", "glue.amazonaws.com", None, "implicitDeny"),
        ("StringEqualsIfExists", "glue.amazonaws.com", None, "allowed"),
        ("StringNotEquals", ["ec2.amazonaws.com", "b"], "ec2.amazonaws.com", "implicitDeny"),
        ("StringNotEquals", ["ec2.amazonaws.com", "b"], None, "allowed"),
        ("StringEqualsIgnoreCase", "GLUE.amazonaws.com", "glue.amazonaws.com", "allowed"),
        ("StringLike", "*.amazonaws.com", "glue.amazonaws.com", "allowed"),
        ("ArnNotLike", "*.amazonaws.com", "glue.amazonaws.com", "implicitDeny"),
        ("ForAnyValue:StringLike", ["gl*"], "glue.amazonaws.com", "allowed"),
        ("ForAllValues:StringLike", ["gl*"], None, "allowed"),
        ("Null", "true", None, "allowed"),
        ("Null", "true", "glue.amazonaws.com", "implicitDeny"),
    ],
)
def test_a_condition_holds_or_not(
    iam: Any, role: Any, operator: str, wanted: Any, given: str | None, decision: str
) -> None:
    condition = {operator: {"iam:passedtoservice": wanted}}
    passing = role(allow("iam:PassRole", Condition=condition))
    context = {"iam_PassedToService": given} if given else {}
    assert decide(iam, passing, "iam:PassRole", **context) == decision


def test_a_condition_that_nobody_gave_a_value_for_is_named(iam: Any, role: Any) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}
    passing = role(allow("iam:PassRole", Condition=condition))
    answer = iam.simulate_principal_policy(PolicySourceArn=passing, ActionNames=["iam:PassRole"])
    [result] = answer["EvaluationResults"]
    assert result["MissingContextValues"] == ["iam:PassedToService"]


def test_a_variable_stands_for_the_value_of_its_key(iam: Any, role: Any) -> None:
    own = role(allow("s3:GetObject", "arn:aws:s3:::${iam:PassedToService}/*"))
    resource = "arn:aws:s3:::mine/x"
    assert decide(iam, own, "s3:GetObject", resource, iam_PassedToService="mine") == "allowed"
    assert decide(iam, own, "s3:GetObject", resource) == "implicitDeny"


def test_an_attached_policy_counts_and_a_boundary_bounds(iam: Any, role: Any) -> None:
    policies = {
        name: iam.create_policy(
            PolicyName=name,
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow(action)}),
        )["Policy"]["Arn"]
        for name, action in {"all-of-s3": "s3:*", "reading": ["s3:Get*", "glue:*"]}.items()
    }
    bounded = role(PermissionsBoundary=policies["reading"], Path="/team/")
    iam.attach_role_policy(RoleName=bounded.split("/")[-1], PolicyArn=policies["all-of-s3"])
    assert decide(iam, bounded, "s3:GetObject") == "allowed"
    assert decide(iam, bounded, "s3:PutObject") == "implicitDeny"
    assert decide(iam, bounded, "glue:GetJob") == "implicitDeny"


def test_each_action_is_tried_on_each_resource(iam: Any, role: Any) -> None:
    some = role(allow("s3:GetObject", "arn:aws:s3:::a/*"))
    answer = iam.simulate_principal_policy(
        PolicySourceArn=some,
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"],
    )
    decisions = [result["EvalDecision"] for result in answer["EvaluationResults"]]
    assert decisions == ["allowed", "implicitDeny", "implicitDeny", "implicitDeny"]
    assert answer["IsTruncated"] is False


@pytest.mark.parametrize(
    ("source", "actions", "code"),
    [
        (f"{ACCOUNT}:role/nobody", ["s3:GetObject"], "NoSuchEntity"),
        ("arn:aws:s3:::a-bucket-and-no-principal", ["s3:GetObject"], "InvalidInput"),
        (None, ["GetObject"], "InvalidInput"),
        (None, ["iam:PassRole", "sts:AssumeRole"], "InvalidInput"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused(
    iam: Any, role: Any, source: str | None, actions: list[str], code: str
) -> None:
    source = source or role(allow("s3:*"))
    with pytest.raises(ClientError) as refused:
        iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=actions)
    assert refused.value.response["Error"]["Code"] == code


def test_the_rest_of_iam_is_answered_as_before(iam: Any, role: Any) -> None:
    role(allow("s3:*"))
    assert iam.get_role(RoleName="role-0")["Role"]["AssumeRolePolicyDocument"] == TRUST


def test_a_condition_that_the_emulation_cannot_evaluate_is_refused_not_guessed(
    iam: Any, role: Any
) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    some = role(allow("s3:GetObject", Condition=condition))
    with pytest.raises(ClientError, match="IpAddress"):
        decide(iam, some, "s3:GetObject")
