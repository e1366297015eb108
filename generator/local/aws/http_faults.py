"""The faults of HTTP: what each does to one request, in front of what would answer without it."""

from __future__ import annotations

import io
import json
import socket
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.answers import hold, send_error_of
from generator.local.aws.api_operation import Request
from generator.local.aws.errors import AwsError
from generator.local.aws.new_things import NewThings

SECONDS_OF_A_SLOW_ANSWER = 3.0

# Codes and statuses are those of botocore's service models, where they have one.
_THROTTLED = {
    "s3": AwsError("SlowDown", "Please reduce your request rate.", 503),
    "sts": AwsError("Throttling", "Rate exceeded", 400),
    "sns": AwsError("Throttled", "Rate exceeded", 429),
    "monitoring": AwsError("Throttling", "Rate exceeded", 400),
}
_THROTTLED_ELSEWHERE = AwsError("ThrottlingException", "Rate exceeded", 400)
_BROKEN = {
    "glue": AwsError("InternalServiceException", "An internal service error occurred.", 500),
    "logs": AwsError("ServiceUnavailableException", "The service cannot complete it.", 500),
    "s3": AwsError("InternalError", "We encountered an internal error. Please try again.", 500),
}
_BROKEN_ELSEWHERE = AwsError(
    "InternalFailure",
    "The request processing has failed because of an unknown error, exception or failure.",
    500,
)
_UNAVAILABLE = AwsError(
    "ServiceUnavailable",
    "The request has failed due to a temporary failure of the server.",
    503,
)
# As issue 307 of aws/amazon-sagemaker-examples quotes it.
_LIMIT = (
    "The account-level service limit 'ml.m5.large for {} usage' is 0 Instances, with current "
    "utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to "
    "request an increase for this limit."
)


class Case(NamedTuple):
    """One request, and what its faults need to know of it."""

    faults: ActiveFaults
    things: NewThings
    request: Request
    inner: WSGIApplication

    @property
    def operation(self) -> str:
        """As "service.Operation"."""
        return f"{self.request.service}.{self.request.operation}"

    def strike(self, fault: str) -> int:
        """The number of this strike, 0 if there is none."""
        return self.faults.strike(fault, self.operation)

    def refuse(
        self, error: AwsError, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        """Answer with an error, as the service would."""
        return send_error_of(self.request.service, error, environ, start)


Deed = Callable[[Case, WSGIEnvironment, StartResponse], Iterable[bytes]]


def _answer_slowly(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if case.strike("slow-answers"):
        time.sleep(SECONDS_OF_A_SLOW_ANSWER)
    return case.inner(environ, start)


def _drop(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    strike = case.strike("connection-drops")
    if not strike:
        return case.inner(environ, start)
    if strike % 2 == 0:
        hold(case.inner, environ)
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the fault connection-drops")


def _throttle(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if not case.strike("throttling"):
        return case.inner(environ, start)
    error = _THROTTLED.get(case.request.service, _THROTTLED_ELSEWHERE)
    return case.refuse(error, environ, start)


def _break(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    strike = case.strike("server-error")
    if not strike:
        return case.inner(environ, start)
    broken = _BROKEN.get(case.request.service, _BROKEN_ELSEWHERE)
    return case.refuse(broken if strike % 2 else _UNAVAILABLE, environ, start)


def _limit(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if not case.strike("resource-limit"):
        return case.inner(environ, start)
    use = "training job" if case.request.operation == "CreateTrainingJob" else "endpoint"
    return case.refuse(AwsError("ResourceLimitExceeded", _LIMIT.format(use)), environ, start)


def _deliver_twice(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if not case.strike("duplicate-delivery"):
        return case.inner(environ, start)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    for _ in range(2):
        answer = hold(case.inner, {**environ, "wsgi.input": io.BytesIO(body)})
    return answer.send(start)


def _hide_new(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Remember what is created, and deny it once."""
    thing = case.things.described(case.request)
    if thing and case.faults.strike("not-found-once", case.operation, whose=thing.name):
        return case.refuse(thing.missing(), environ, start)
    if not case.request.operation.startswith(("Create", "Start")):
        return case.inner(environ, start)
    answer = hold(case.inner, environ)
    if answer.succeeded:
        case.things.remember(case.request, json.loads(answer.body or b"{}"))
    return answer.send(start)


def _deny_log_group(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    if not case.strike("log-group-missing"):
        return case.inner(environ, start)
    message = "The specified log group does not exist."
    return case.refuse(AwsError("ResourceNotFoundException", message), environ, start)


def _lose_object(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    answer = hold(case.inner, environ)
    if not (answer.succeeded and _strike_object(case, "object-missing")):
        return answer.send(start)
    message = "The specified key does not exist."
    return case.refuse(AwsError("NoSuchKey", message, 404), environ, start)


def _cut_object(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    answer = hold(case.inner, environ)
    reads = case.request.operation == "GetObject" and answer.succeeded
    if reads and _strike_object(case, "object-truncated"):
        answer.body = answer.body[: len(answer.body) // 2]
        # The object itself is short: its length and its checksum fit what there is of it.
        gone = ("content-length", "etag", "x-amz-checksum")
        answer.headers = [
            (name, value) for name, value in answer.headers if not name.lower().startswith(gone)
        ]
        answer.headers.append(("Content-Length", str(len(answer.body))))
    return answer.send(start)


def _strike_object(case: Case, fault: str) -> int:
    """Strike the first object of each kind, whether it is asked for by HEAD or by GET."""
    key = str(case.request.parameters.get("Key", ""))
    kinds = {"model.tar.gz": "model", ".py": "script"}
    kind = next((kind for end, kind in kinds.items() if key.endswith(end)), "data")
    whose = f"{case.request.access_key} {kind}"
    return case.faults.strike(fault, "s3.GetObject", whose=whose, key=key)


def _only_s3(deed: Deed) -> Deed:
    def guarded(case: Case, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if case.operation not in ("s3.GetObject", "s3.HeadObject"):
            return case.inner(environ, start)
        return deed(case, environ, start)

    return guarded


DEEDS: dict[str, Deed] = {
    "object-truncated": _only_s3(_cut_object),
    "object-missing": _only_s3(_lose_object),
    "log-group-missing": _deny_log_group,
    "not-found-once": _hide_new,
    "duplicate-delivery": _deliver_twice,
    "resource-limit": _limit,
    "server-error": _break,
    "throttling": _throttle,
    "connection-drops": _drop,
    "slow-answers": _answer_slowly,
}
"""What each fault of HTTP does, from the inside out."""
