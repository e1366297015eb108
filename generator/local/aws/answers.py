"""What the emulated AWS sends over HTTP: content, and errors as each kind of service words them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from xml.sax.saxutils import escape

from generator.local.aws.errors import AwsError

Headers = list[tuple[str, str]]


@dataclass
class Answer:
    """An answer that an application has given, held back."""

    status: str
    headers: Headers
    body: bytes

    @property
    def succeeded(self) -> bool:
        """Whether it is no error."""
        return self.status.startswith("2")

    def send(self, start: StartResponse) -> Iterable[bytes]:
        """Let it go."""
        start(self.status, self.headers)
        return [self.body]


def hold(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Let `application` answer and keep what it says."""
    answer = Answer("", [], b"")
    written: list[bytes] = []

    def start(status: str, headers: Headers, *_: object) -> object:
        answer.status, answer.headers = status, headers
        return written.append

    content = application(environ, start)  # type: ignore[arg-type]
    try:
        answer.body = b"".join([*written, *content])
    finally:
        if hasattr(content, "close"):
            content.close()
    return answer


def send(status: int, headers: Headers, body: bytes, start: StartResponse) -> Iterable[bytes]:
    """Send `body`, JSON unless `headers` say otherwise."""
    if not any(name == "Content-Type" for name, _ in headers):
        headers = [*headers, ("Content-Type", "application/x-amz-json-1.1")]
    identity = [
        ("x-amzn-RequestId", secrets.token_hex(16)),
        ("Content-Length", str(len(body))),
    ]
    start(f"{status} {'OK' if status == 200 else 'Error'}", [*headers, *identity])
    return [body]


def send_error(error: AwsError, start: StartResponse) -> Iterable[bytes]:
    """Send an error of a service that speaks JSON."""
    # JSON services look at __type in the body, REST-JSON ones at the header.
    content = {"__type": error.code, "message": error.message, "Message": error.message}
    headers = [("x-amzn-ErrorType", error.code)]
    return send(error.status, headers, json.dumps({**content, **error.fields}).encode(), start)


def send_error_of(
    service: str, error: AwsError, environ: WSGIEnvironment, start: StartResponse
) -> Iterable[bytes]:
    """Send an error as `service`, by its name in signatures, would."""
    asked = environ.get("CONTENT_TYPE", "")
    if service != "s3" and not asked.startswith("application/x-www-form-urlencoded"):
        return send_error(error, start)
    parts = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    kind = "Sender" if error.status < 500 else "Receiver"
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and, for the others,
    # https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
    text = (
        f"<Error>{parts}</Error>"
        if service == "s3"
        else f"<ErrorResponse><Error><Type>{kind}</Type>{parts}</Error></ErrorResponse>"
    )
    headers = [("Content-Type", "application/xml")]
    empty = environ["REQUEST_METHOD"] == "HEAD"
    return send(error.status, headers, b"" if empty else text.encode(), start)
