"""The WSGI application in front of moto: it picks what the emulation answers itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from botocore import xform_name

from generator.aws_requests import service_model
from generator.local.aws.answers import send, send_error
from generator.local.aws.errors import AwsError
from generator.local.aws.fault_switch import PATH as FAULTS
from generator.local.aws.fault_switch import FaultSwitch
from generator.local.aws.invocation import Invocation, Prediction
from generator.local.aws.mwaa_registration import INTERNAL, MwaaRegistration
from generator.local.aws.rest_json import RestJson, signed_for

log = logging.getLogger(__name__)

_INVOCATIONS = ("/endpoints/", "/invocations")


class Service(Protocol):
    """A set of operations; each is a method named as botocore would name it."""

    @property
    def OPERATIONS(self) -> tuple[str, ...]:  # noqa: N802
        """AWS's names of the operations."""


class Application:
    """Glue, SageMaker (and Runtime), MWAA, Service Quotas answered here, the rest by `moto`."""

    def __init__(
        self,
        moto: WSGIApplication,
        glue: Service,
        sagemaker: tuple[Service, ...],
        invoke: Callable[[Invocation], Prediction],
        quotas: Service,
        mwaa: RestJson,
        registration: MwaaRegistration,
        faults: FaultSwitch,
    ) -> None:
        self._moto = moto
        self._invoke = invoke
        self._mwaa = mwaa
        self._registration = registration
        self._faults = faults
        self._operations = {
            "AWSGlue": ("glue", _operations(glue)),
            "SageMaker": ("sagemaker", _operations(*sagemaker)),
            "ServiceQuotasV20190624": ("service-quotas", _operations(quotas)),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        prefix, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        path = environ.get("PATH_INFO", "")
        if prefix in self._operations:
            return self._answer(prefix, operation, environ, start_response)
        if path.startswith(_INVOCATIONS[0]) and path.endswith(_INVOCATIONS[1]):
            name = unquote(path[len(_INVOCATIONS[0]) : -len(_INVOCATIONS[1])])
            return self._predict(name, environ, start_response)
        if path == FAULTS:
            return _answered(path, start_response, self._faults.answer, environ)
        if path.startswith(INTERNAL):
            return _answered(path, start_response, self._registration.answer, environ)
        if signed_for(environ) == self._mwaa.signing_name:
            return _answered(path, start_response, self._mwaa.answer, environ)
        return self._moto(environ, start_response)

    def _answer(
        self, prefix: str, operation: str, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        service, operations = self._operations[prefix]

        def answer(_: WSGIEnvironment, body: bytes) -> dict[str, Any]:
            return _call(service, operation, operations, body)

        return _answered(f"{service}.{operation}", start, answer, environ)

    def _predict(
        self, name: str, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        invocation = Invocation(
            endpoint=name,
            body=_body(environ),
            content_type=environ.get("CONTENT_TYPE", ""),
            accept=environ.get("HTTP_ACCEPT", ""),
            variant=environ.get("HTTP_X_AMZN_SAGEMAKER_TARGET_VARIANT"),
        )
        try:
            prediction = self._invoke(invocation)
        except AwsError as error:
            return send_error(error, start)
        headers = [
            ("Content-Type", prediction.content_type),
            ("x-Amzn-Invoked-Production-Variant", prediction.variant),
        ]
        return send(200, headers, prediction.body, start)


def _answered(
    asked: str,
    start: StartResponse,
    answer: Callable[[WSGIEnvironment, bytes], dict[str, Any]],
    environ: WSGIEnvironment,
) -> Iterable[bytes]:
    """Send what `answer` returns, or the error that it raises, as JSON."""
    try:
        content = answer(environ, _body(environ))
    except AwsError as error:
        return send_error(error, start)
    except Exception as error:  # a defect of ours is a 500, as a client knows it
        log.exception("The emulated AWS failed to answer %s", asked)
        return send_error(AwsError("InternalFailure", repr(error), 500), start)
    return send(200, [], json.dumps(content).encode(), start)


def _operations(*services: Service) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    return {
        operation: getattr(service, xform_name(operation))
        for service in services
        for operation in service.OPERATIONS
    }


def _call(
    service: str,
    operation: str,
    operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]],
    body: bytes,
) -> dict[str, Any]:
    if operation not in operations:
        names = ", ".join(sorted(operations))
        message = f"The emulated AWS does not know {service}'s {operation}; it knows {names}."
        raise AwsError("UnknownOperationException", message)
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"The request is not JSON: {error}") from error
    violations = service_model.find_violations(service, operation, request)
    if violations:
        code = "InvalidInputException" if service == "glue" else "ValidationException"
        raise AwsError(code, service_model.summarize(violations))
    return operations[operation](request)


def _body(environ: WSGIEnvironment) -> bytes:
    # A chunked request has no length; werkzeug's server then ends the stream by itself.
    whole = environ.get("wsgi.input_terminated")
    length = -1 if whole else int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(environ["wsgi.input"].read(length))
