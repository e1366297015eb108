"""An internal path of the emulated AWS, by which another process sets its faults.

    GET     /_pipelines/faults                            {"faults": […], "struck": {…}}
    POST    /_pipelines/faults    {"faults": ["throttling", …]}
    DELETE  /_pipelines/faults

AWS has no such thing. It is for programs on this machine.
"""

from __future__ import annotations

import json
from typing import Any
from wsgiref.types import WSGIEnvironment

from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.errors import invalid
from generator.local.aws.faults import UnknownFaultError
from generator.local.aws.mwaa_registration import INTERNAL, refuse_browsers

PATH = f"{INTERNAL}faults"


class FaultSwitch:
    """Shows, sets and clears the active faults."""

    def __init__(self, faults: ActiveFaults) -> None:
        self._faults = faults

    def answer(self, environ: WSGIEnvironment, body: bytes) -> dict[str, Any]:
        """Return the faults after the request, and how often they have struck. Raises AwsError."""
        refuse_browsers(environ)
        method = environ["REQUEST_METHOD"]
        if method in ("POST", "PUT"):
            self._set(_read(body))
        elif method == "DELETE":
            self._set([])
        elif method != "GET":
            raise invalid(f"{method} means nothing at {PATH}")
        return {"faults": self._faults.texts, "struck": self._faults.struck}

    def _set(self, texts: list[str]) -> None:
        try:
            self._faults.set(texts)
        except UnknownFaultError as error:
            raise invalid(str(error)) from None


def _read(body: bytes) -> list[str]:
    try:
        given = json.loads(body)
    except ValueError:
        raise invalid("the faults are not JSON") from None
    texts = given.get("faults") if isinstance(given, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise invalid('the faults are {"faults": ["throttling", …]}')
    return texts
