"""Stands in front of the emulated AWS and gives a caller's requests the faults of HTTP.

Only what Airflow calls is disturbed (and jobs where it is about S3 objects), so that a test's own
clients see what is really there. What happens in a service (a job that fails, an update that rolls
back) is done by the service itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from generator.local.aws.account import AIRFLOW, GLUE, SAGEMAKER
from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.api_operation import read_request
from generator.local.aws.faults import ON_OBJECTS
from generator.local.aws.http_faults import DEEDS, Case, Deed
from generator.local.aws.new_things import NewThings

_CALLERS = (AIRFLOW, GLUE, SAGEMAKER)


class FaultLayer:
    """A WSGI application in front of another that gives it the active faults."""

    def __init__(self, application: WSGIApplication, faults: ActiveFaults) -> None:
        self._application = application
        self._faults = faults
        self._things = NewThings()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers one request, or does not."""
        request = read_request(environ) if self._faults else None
        if request is None or request.access_key not in _CALLERS:
            return self._application(environ, start)
        inner = self._application
        for name, deed in DEEDS.items():
            if name in self._faults and (request.access_key == AIRFLOW or name in ON_OBJECTS):
                inner = _Deed(deed, Case(self._faults, self._things, request, inner))
        return inner(environ, start)


class _Deed:
    """A fault in front of what would answer without it."""

    def __init__(self, deed: Deed, case: Case) -> None:
        self._deed = deed
        self._case = case

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._deed(self._case, environ, start)
