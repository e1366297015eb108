"""Checks: the roles are there, and the services that are to take them may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from generator.aws_requests.permissions import GLUE, SAGEMAKER
from generator.deployment.health import mwaa
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, right, wrong

OF_GLUE, OF_SAGEMAKER, OF_AIRFLOW = "Glue role", "SageMaker role", "Airflow's role"
AIRFLOW = ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
"""https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html"""


def look_at_glue(installation: Installation) -> Iterator[Result]:
    """Yield one result."""
    yield _role(installation, OF_GLUE, installation.values["glue_role_arn"], (GLUE,))


def look_at_sagemaker(installation: Installation) -> Iterator[Result]:
    """Yield one result."""
    arn = installation.values["sagemaker_role_arn"]
    yield _role(installation, OF_SAGEMAKER, arn, (SAGEMAKER,))


def look_at_airflow(installation: Installation) -> Iterator[Result]:
    """The execution role of the MWAA environment, which only that knows."""
    arn = mwaa.environment(installation)["ExecutionRoleArn"]
    yield _role(installation, OF_AIRFLOW, arn, AIRFLOW)


def _role(installation: Installation, subject: str, arn: str, services: tuple[str, ...]) -> Result:
    name = arn.rpartition("/")[2]
    try:
        role = installation.account.ask("iam", "get_role", RoleName=name)["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        advice = installation.how_to_make("base.yaml")
        return wrong(subject, f"there is no role {name}", advice, stops=True)
    if role["Arn"] != arn:
        seen = f"the role's ARN is {role['Arn']}, not {arn}"
        return wrong(subject, seen, f"Correct it in {installation.file}.", stops=True)
    missing = [each for each in services if not trusts(role["AssumeRolePolicyDocument"], each)]
    if missing:
        seen = f"{name} does not trust {' and '.join(missing)}"
        advice = "Let its trust policy allow sts:AssumeRole to it, as in infra/base.yaml."
        return wrong(subject, seen, advice)
    return right(subject, f"{name}, trusts {' and '.join(services)}")


def trusts(policy: Mapping[str, Any], service: str) -> bool:
    """Tell whether a trust policy lets a service take the role.

    Its conditions, such as on aws:SourceAccount, are taken to hold.
    """
    allowed = False
    for statement in _listed(policy["Statement"]):
        principal = statement.get("Principal", {})
        named = principal if principal == "*" else principal.get("Service", ())
        actions = [action.lower() for action in _listed(statement.get("Action", ()))]
        if {"*", service}.isdisjoint(_listed(named)):
            continue
        if {"sts:assumerole", "sts:*", "*"}.isdisjoint(actions):
            continue
        if statement["Effect"] == "Deny" and "Condition" not in statement:
            return False
        allowed |= statement["Effect"] == "Allow"
    return allowed


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
