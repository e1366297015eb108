"""IAM's SimulatePrincipalPolicy, which moto lacks, over the roles and users that moto's IAM has."""

from __future__ import annotations

import io
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from xml.etree import ElementTree

from moto.core.exceptions import ServiceException
from moto.iam.models import IAMBackend, iam_backends

from generator.local.aws.account import ACCOUNT_ID
from generator.local.aws.errors import AwsError
from generator.local.aws.policy_evaluation import (
    ALLOWED,
    IMPLICIT_DENY,
    Answer,
    Policy,
    Question,
    evaluate,
)
from generator.local.aws.rest_json import signed_for

OPERATION = "SimulatePrincipalPolicy"
_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_MOST_BYTES = 1_000_000
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/(?:.*/)?([^/]+)")


class PolicySimulation:
    """A WSGI application in front of moto's that answers this one operation of IAM."""

    def __init__(self, moto: WSGIApplication) -> None:
        self._moto = moto

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if signed_for(environ) != "iam" or length > _MOST_BYTES:
            return self._moto(environ, start_response)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        parameters = dict(parse_qsl(body.decode(errors="replace")))
        if parameters.get("Action") != OPERATION:
            return self._moto(environ, start_response)
        try:
            status, answer = 200, _response(simulate(parameters))
        except AwsError as error:
            status, answer = error.status, _error(error)
        text = ElementTree.tostring(answer, encoding="utf-8", xml_declaration=True)
        headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(text)))]
        start_response(f"{status} {'OK' if status == 200 else 'Error'}", headers)
        return [text]


def simulate(parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the EvaluationResults: one of each action on each resource. Raises AwsError.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    source = parameters.get("PolicySourceArn", "")
    actions = list(_members(parameters, "ActionNames"))
    resources = list(_members(parameters, "ResourceArns")) or ["*"]
    if not actions or any(":" not in action for action in actions):
        raise AwsError("InvalidInput", f"Invalid Input Actions: [{','.join(actions)}]")
    _refuse_mixture(actions)
    policies, boundary = _policies(source)
    context = {"aws:PrincipalArn": [source], **_context(parameters)}
    results = []
    for question in (Question(act, each, context) for act in actions for each in resources):
        answer = evaluate(policies, question)
        if boundary and answer.decision == ALLOWED:
            bounded = evaluate([boundary], question)
            answer = bounded if bounded.decision != IMPLICIT_DENY else Answer(IMPLICIT_DENY)
        results.append(
            {
                "EvalActionName": question.action,
                "EvalResourceName": question.resource,
                "EvalDecision": answer.decision,
                "MissingContextValues": list(answer.missing),
            }
        )
    return results


def _refuse_mixture(actions: list[str]) -> None:
    """AWS simulates some actions only apart from others; it does not say which. These are known."""
    for apart in ("sts:AssumeRole",):
        if apart in actions and len(actions) > 1:
            rest = ",".join(action for action in actions if action != apart)
            message = f"Invalid Input Actions: [{rest}] and [{apart}] "
            raise AwsError("InvalidInput", message + "require different authorization information.")


def _policies(source: str) -> tuple[list[Policy], Policy | None]:
    """Return the policies of a role or user, and its permissions boundary."""
    principal = _PRINCIPAL.fullmatch(source)
    if principal is None:
        raise AwsError("InvalidInput", f"Invalid Entity Arn: {source}")
    kind, name = principal.groups()
    backend = iam_backends[ACCOUNT_ID]["aws"]
    try:
        owner = backend.get_role(name) if kind == "role" else backend.get_user(name)
    except ServiceException:
        message = f"The {kind} with name {name} cannot be found."
        raise AwsError("NoSuchEntity", message, 404) from None
    boundary = getattr(owner, "permissions_boundary_arn", None)  # moto has none for users
    managed = backend.get_policy(boundary) if boundary else None
    return list(_documents(backend, kind, name)), _managed(managed) if managed else None


def _documents(backend: IAMBackend, kind: str, name: str) -> Iterator[Policy]:
    if kind == "role":
        inline = [
            backend.get_role_policy(name, each)[1] for each in backend.list_role_policies(name)
        ]
        attached, _ = backend.list_attached_role_policies(name)
    else:
        named = [backend.get_user_policy(name, each) for each in backend.list_user_policies(name)]
        inline = [each["policy_document"] for each in named]
        attached, _ = backend.list_attached_user_policies(name)
    yield from map(_read, inline)
    yield from map(_managed, attached)


def _managed(policy: Any) -> Policy:
    [document] = [version.document for version in policy.versions if version.is_default]
    return _read(document)


def _read(document: Any) -> Policy:
    # What CloudFormation made is data already.
    read: Policy = json.loads(document) if isinstance(document, str) else document
    return read


def _members(parameters: Mapping[str, str], name: str) -> Iterator[str]:
    """Yield a list as the query protocol writes it: Name.member.1, Name.member.2, …"""
    number = 1
    while (value := parameters.get(f"{name}.member.{number}")) is not None:
        yield value
        number += 1


def _context(parameters: Mapping[str, str]) -> dict[str, list[str]]:
    context, number = {}, 1
    while name := parameters.get(f"ContextEntries.member.{number}.ContextKeyName"):
        prefix = f"ContextEntries.member.{number}.ContextKeyValues"
        context[name] = list(_members(parameters, prefix))
        number += 1
    return context


def _response(results: list[dict[str, Any]]) -> ElementTree.Element:
    response = ElementTree.Element(f"{OPERATION}Response", xmlns=_NAMESPACE)
    result = ElementTree.SubElement(response, f"{OPERATION}Result")
    _write(result, {"IsTruncated": "false", "EvaluationResults": results})
    _write(response, {"ResponseMetadata": {"RequestId": secrets.token_hex(16)}})
    return response


def _error(error: AwsError) -> ElementTree.Element:
    response = ElementTree.Element("ErrorResponse", xmlns=_NAMESPACE)
    details = {"Type": "Sender", "Code": error.code, "Message": error.message}
    _write(response, {"Error": details, "RequestId": secrets.token_hex(16)})
    return response


def _write(parent: ElementTree.Element, content: Any) -> None:
    if isinstance(content, dict):
        for name, value in content.items():
            _write(ElementTree.SubElement(parent, name), value)
    elif isinstance(content, list):
        for value in content:
            _write(ElementTree.SubElement(parent, "member"), value)
    else:
        parent.text = str(content)
