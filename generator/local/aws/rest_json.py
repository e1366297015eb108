"""A service that AWS calls REST-JSON: an operation is a method and a path, its answer is JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

from botocore import xform_name
from botocore.loaders import Loader

from generator.aws_requests import service_model
from generator.local.aws.errors import AwsError

Request = dict[str, Any]
Operation = Callable[[Request], Request]

_SIGNED_FOR = re.compile(r"Credential=[^/,]+/\d+/[^/,]+/([^/,]+)/aws4_request")


class Route(NamedTuple):
    """How one operation is asked for: method, path, and the shape of its request."""

    operation: str
    method: str
    path: re.Pattern[str]
    members: Mapping[str, Mapping[str, Any]]


class RestJson:
    """Finds the operation that a request asks for, and lets `operations` answer it.

    `operations` has a method per name in OPERATIONS, named as botocore would name it; `service` is
    botocore's name ("mwaa"). Paths and members are those of botocore's model.
    """

    def __init__(self, service: str, operations: Any) -> None:
        model = Loader().load_service_model(service, "service-2")
        self.signing_name = model["metadata"].get("signingName", service)
        self._service = service
        self._shapes = model["shapes"]
        self._routes = [_route(model, name) for name in operations.OPERATIONS]
        self._operations: dict[str, Operation] = {
            name: getattr(operations, xform_name(name)) for name in operations.OPERATIONS
        }

    def answer(self, environ: WSGIEnvironment, body: bytes) -> Request:
        """Return the content of the answer. Raises AwsError."""
        route, labels = self._find(environ)
        request = {**_content(body), **self._query(route, environ), **labels}
        violations = service_model.find_violations(self._service, route.operation, request)
        if violations:
            raise AwsError("ValidationException", service_model.summarize(violations))
        return self._operations[route.operation](request)

    def _find(self, environ: WSGIEnvironment) -> tuple[Route, dict[str, str]]:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
        for route in self._routes:
            found = route.path.fullmatch(path)
            if found and route.method == environ["REQUEST_METHOD"]:
                return route, found.groupdict()
        names = ", ".join(sorted(self._operations))
        asked = f"{environ['REQUEST_METHOD']} {path}"
        message = (
            f"The emulated AWS knows no operation of {self._service} at {asked}; it has {names}."
        )
        raise AwsError("UnknownOperationException", message, 404)

    def _query(self, route: Route, environ: WSGIEnvironment) -> Request:
        given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        request: Request = {}
        for name, member in route.members.items():
            texts = given.get(member.get("locationName", name))
            if member.get("location") == "querystring" and texts:
                kind = self._shapes[member["shape"]]["type"]
                request[name] = texts if kind == "list" else _scalar(kind, texts[-1])
        return request


def signed_for(environ: WSGIEnvironment) -> str:
    """Return the name of the service that the request is signed for ("airflow"), or ""."""
    found = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""


def _route(model: Mapping[str, Any], operation: str) -> Route:
    described = model["operations"][operation]
    http = described["http"]
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(http["requestUri"]))
    members = model["shapes"][described["input"]["shape"]]["members"]
    return Route(operation, http["method"], re.compile(pattern), members)


def _content(body: bytes) -> Request:
    try:
        content = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"The request is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise AwsError("SerializationException", "The request is not a JSON object.")
    return content


def _scalar(kind: str, text: str) -> str | int:
    """An integer where the model wants one; what is none is left for the model to refuse."""
    return int(text) if kind in ("integer", "long") and text.isdecimal() else text
