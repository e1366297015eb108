"""Which operation of which AWS service an HTTP request asks for, and with which parameters."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote
from wsgiref.types import WSGIEnvironment

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

Parameters = dict[str, Any]

UNKNOWN = "Unknown"
"""The operation of a request that no service model knows."""

# "Credential=<access key>/<date>/<region>/<service>/aws4_request", in a header or in the query:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
_CREDENTIAL = re.compile(r"Credential=([^/,&]+)/\d+/([^/,&]+)/([^/,&]+)/aws4_request")
_RPC_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")
_KEYS = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)
# Where botocore's folder is not called as the service signs.
_MODELS = {"airflow": "mwaa", "sagemaker": "sagemaker-runtime"}
_MOST_BYTES = 1_000_000


class Request(NamedTuple):
    """A signed request: who asks which service for what. `parameters` are named as in its model."""

    access_key: str
    region: str
    service: str
    operation: str
    parameters: Parameters


class _Route(NamedTuple):
    """How a REST operation is asked for: what must be in the path, the query and the headers."""

    operation: str
    method: str
    path: re.Pattern[str]
    constants: frozenset[tuple[str, str]]
    query: frozenset[str]
    headers: frozenset[str]


def read_request(environ: WSGIEnvironment) -> Request | None:
    """Return what a request asks for, None if nobody has signed it.

    The body can still be read afterwards; one that is an object for S3 stays unread.
    """
    signature = environ.get("HTTP_AUTHORIZATION") or unquote(environ.get("QUERY_STRING", ""))
    credential = _CREDENTIAL.search(signature)
    if credential is None:
        return None
    access_key, region, service = credential.groups()
    operation, parameters = _operation(service, environ)
    return Request(access_key, region, service, operation, parameters)


def _operation(service: str, environ: WSGIEnvironment) -> tuple[str, Parameters]:
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2], _json(_body(environ))
    if rpc := _RPC_PATH.fullmatch(environ.get("PATH_INFO", "")):
        return rpc[1], {}
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        parameters = _first(parse_qs(_body(environ).decode(errors="replace")))
        return parameters.pop("Action", UNKNOWN), parameters
    return _rest_operation(service, environ)


def _rest_operation(service: str, environ: WSGIEnvironment) -> tuple[str, Parameters]:
    """The most special operation of the service's model that the request satisfies."""
    path = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace")
    given = _first(parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    found = [
        (len(route.constants | route.query | route.headers), route, match.groupdict())
        for route in _routes(service)
        if route.method == environ["REQUEST_METHOD"]
        and (match := route.path.fullmatch(path))
        and route.constants <= given.items()
        and route.query <= given.keys()
        and all(header in environ for header in route.headers)
    ]
    if not found:
        return UNKNOWN, {"path": path}
    _, route, labels = min(found, key=lambda candidate: (-candidate[0], candidate[1].operation))
    parameters = {**given, **labels}
    if service != "s3":
        return route.operation, {**_json(_body(environ)), **parameters}
    if route.operation == "DeleteObjects":
        keys = _KEYS.findall(_body(environ).decode(errors="replace"))
        parameters["Keys"] = [html.unescape(key) for key in keys]
    if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        parameters["CopySource"] = unquote(source).lstrip("/")
    return route.operation, parameters


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    try:
        model = Loader().load_service_model(_MODELS.get(service, service), "service-2")
    except UnknownServiceError:
        return ()
    return tuple(_route(model, name) for name in model["operations"])


def _route(model: Mapping[str, Any], operation: str) -> _Route:
    described = model["operations"][operation]
    template, _, query = described["http"]["requestUri"].partition("?")
    # {Key+} may hold slashes, {Bucket} may not.
    pattern = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", re.escape(template))
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
    shape = model["shapes"].get(described.get("input", {}).get("shape"), {})
    members = [shape["members"][name] for name in shape.get("required", ())]
    names = {
        kind: {each["locationName"] for each in members if each.get("location") == kind}
        for kind in ("querystring", "header")
    }
    return _Route(
        operation,
        described["http"]["method"],
        re.compile(pattern + "/?", re.DOTALL),
        frozenset(_first(parse_qs(query, keep_blank_values=True)).items()),
        frozenset(names["querystring"]),
        frozenset("HTTP_" + name.upper().replace("-", "_") for name in names["header"]),
    )


def _body(environ: WSGIEnvironment) -> bytes:
    """A small body whose length is known, read and put back."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length <= _MOST_BYTES:
        return b""
    body = bytes(environ["wsgi.input"].read(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(body: bytes) -> Parameters:
    try:
        content = json.loads(body or b"{}")
    except ValueError:  # the service will say what is wrong with it
        return {}
    return content if isinstance(content, dict) else {}


def _first(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: found[0] for name, found in values.items()}
