"""Checks: the roles may do what the pipelines have them do, as IAM itself simulates it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from generator.aws_requests import job_permissions, permissions
from generator.aws_requests.place import Permission, Place
from generator.deployment.health import mwaa
from generator.deployment.health.account import Account
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, right, skipped, wrong

OF_GLUE, OF_SAGEMAKER = "Glue role may", "SageMaker role may"
OF_AIRFLOW = "Airflow's role may"
_MOST_RESOURCES = 20
"""In one request: AWS names no limit, and evaluates each action on each resource."""

_MOST_OF_A_KIND = 100
"""Resources of one kind that are looked at: names of pipelines differ, policies rarely by them."""

_Needs = Callable[[Mapping[str, Any], Place], Iterator[Permission]]


def look_at_glue(installation: Installation) -> Iterator[Result]:
    """Yield one result."""
    role = installation.values["glue_role_arn"]
    yield _role(installation, OF_GLUE, role, job_permissions.of_glue)


def look_at_sagemaker(installation: Installation) -> Iterator[Result]:
    """Yield one result."""
    role = installation.values["sagemaker_role_arn"]
    yield _role(installation, OF_SAGEMAKER, role, job_permissions.of_sagemaker)


def look_at_airflow(installation: Installation) -> Iterator[Result]:
    """Yield one result."""
    role = mwaa.environment(installation)["ExecutionRoleArn"]
    yield _role(installation, OF_AIRFLOW, role, permissions.of_airflow)


def _role(installation: Installation, subject: str, role: str, needs: _Needs) -> Result:
    place = installation.place
    needed = list(
        dict.fromkeys(
            permission
            for configuration in installation.configurations
            for permission in needs(configuration, place)
        )
    )
    if not needed:
        return skipped(subject, "no pipeline needs it")
    refused = denied(installation.account, role, needed)
    name = role.rpartition("/")[2]
    if not refused:
        actions = {permission.action for permission in needed}
        return right(subject, f"all {len(actions)} actions that the pipelines need")
    first = refused[0]
    more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
    passed = (
        f" to {dict(first.context)['iam:PassedToService']}" if "PassRole" in first.action else ""
    )
    seen = f"{name} may not {first.action}{passed} on {first.resource}{more}"
    listed = ", ".join(sorted({permission.action for permission in refused}))
    return wrong(subject, seen, f"Let a policy of it allow, as infra/base.yaml does: {listed}.")


def denied(account: Account, role: str, needed: Iterable[Permission]) -> list[Permission]:
    """Return which of the permissions a role does not have, in their order.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    The simulation knows of policies of the role and the organization, not of those of buckets and
    keys. Raises as Account.ask().
    """
    needed = list(needed)
    refused: set[Permission] = set()
    for (context, actions), resources in _groups(needed).items():
        for start in range(0, min(len(resources), _MOST_OF_A_KIND), _MOST_RESOURCES):
            some = resources[start : start + _MOST_RESOURCES]
            for action, resource in _refused(account, role, context, actions, some):
                refused.add(Permission(action, resource, context))
    return [permission for permission in needed if permission in refused]


_Context = tuple[tuple[str, str], ...]
_Actions = tuple[str, ...]


def _groups(needed: list[Permission]) -> dict[tuple[_Context, _Actions], list[str]]:
    """Return which resources the same actions are for: those are asked for together."""
    actions: dict[tuple[str, _Context], list[str]] = {}
    for permission in needed:
        actions.setdefault((permission.resource, permission.context), []).append(permission.action)
    groups: dict[tuple[_Context, _Actions], list[str]] = {}
    for (resource, context), own in actions.items():
        groups.setdefault((context, tuple(own)), []).append(resource)
    return groups


def _refused(
    account: Account, role: str, context: _Context, actions: _Actions, resources: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield each action and resource that a simulation does not allow."""
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyValues": [value],
            "ContextKeyType": "boolean" if value in ("true", "false") else "string",
        }
        for key, value in context
    ]
    try:
        results = account.pages(
            *("iam", "simulate_principal_policy", "EvaluationResults"),
            PolicySourceArn=role,
            ActionNames=list(actions),
            ResourceArns=resources,
            ContextEntries=entries,
        )
    except ClientError as error:
        # Some actions "require different authorization information"; AWS does not list them.
        if len(actions) == 1 or error.response["Error"]["Code"] != "InvalidInput":
            raise
        for action in actions:
            yield from _refused(account, role, context, (action,), resources)
        return
    for result in results:
        yield from _decisions(result, resources)


def _decisions(result: Mapping[str, Any], resources: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what one result does not allow; IAM gives one of each resource, or one of them all."""
    action, decision = result["EvalActionName"], result["EvalDecision"]
    specific = result.get("ResourceSpecificResults")
    if specific:
        for each in specific:
            if each["EvalResourceDecision"] != "allowed":
                yield action, each["EvalResourceName"]
    elif decision != "allowed":
        named = result.get("EvalResourceName")
        yield from ((action, each) for each in resources if named in (each, "*", None))
