"""Records who has called the emulated AWS for what, so that policies can be held against it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from generator.local.aws import iam_actions
from generator.local.aws.api_operation import read_request

log = logging.getLogger(__name__)

_MOST_CALLS = 20_000


class Call(NamedTuple):
    """A permission that a principal has used.

    `principal` is its access key, `operation` what it has called ("glue:CreateJob"), `action` an
    IAM action which that takes ("iam:PassRole"), `resource` the ARN that the action is on, or "*".
    """

    principal: str
    operation: str
    action: str
    resource: str


class Recorder:
    """A WSGI application in front of another that keeps each different call once."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._lock = Lock()
        self._calls: set[Call] = set()

    @property
    def calls(self) -> frozenset[Call]:
        """Every different call until now, the refused ones too."""
        with self._lock:
            return frozenset(self._calls)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Lets the application answer."""
        try:
            self._record(environ)
        except Exception:  # to go without a record is better than to go without an answer
            log.exception("The emulated AWS could not record a call")
        return self._application(environ, start_response)

    def _record(self, environ: WSGIEnvironment) -> None:
        request = read_request(environ)
        if request is None:
            return
        operation = f"{request.service}:{request.operation}"
        found = [Call(request.access_key, operation, *need) for need in iam_actions.needs(request)]
        with self._lock:
            # What comes late is kept without its resource, so that memory has a bound.
            full = len(self._calls) + len(found) > _MOST_CALLS
            self._calls.update(call._replace(resource="*") if full else call for call in found)
