"""The web servers of the emulated MWAA: real Airflows that are registered, called as MWAA does."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from generator.airflow_version import number

LONGEST_CALL = 10.0
"""Seconds: https://docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html"""


class UnreachableError(Exception):
    """The web server did not answer; `status` is what a gateway before it says (503 or 504)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Call:
    """One call of Airflow's REST API; `path` lacks `/api/v1` or `/api/v2`."""

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """An HTTP status and what came with it: JSON's data, or text where it is no JSON."""

    status: int
    content: Any


class WebServer:
    """One Airflow at `url`, signed in as `username`; Airflow 2 and 3 differ in path and sign-in."""

    def __init__(self, url: str, airflow_version: str, username: str, password: str) -> None:
        self.url = url
        self._major = number(airflow_version)[0]
        self._username = username
        self._password = password
        self._lock = Lock()
        self._token = ""

    def call(self, call: Call) -> Answer:
        """Return Airflow's answer, whatever its status. Raises UnreachableError."""
        query = f"?{urlencode(call.query, doseq=True)}" if call.query else ""
        path = (
            f"/api/v{1 if self._major < 3 else 2}{quote(call.path, safe='/%:@~+,;=!$&()')}{query}"
        )
        answer = self._send(call.method, path, call.body, self._authorization())
        if answer.status == 401 and self._token:  # a token lasts a day
            self._token = ""
            answer = self._send(call.method, path, call.body, self._authorization())
        return answer

    def _authorization(self) -> str:
        if self._major < 3:
            pair = f"{self._username}:{self._password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        with self._lock:
            self._token = self._token or self._sign_in()
            return f"Bearer {self._token}"

    def _sign_in(self) -> str:
        credentials = {"username": self._username, "password": self._password}
        answer = self._send("POST", "/auth/token", credentials, "")
        if answer.status >= 400 or not isinstance(answer.content, dict):
            raise UnreachableError(503, f"Airflow's sign-in answered {answer.status}")
        return str(answer.content["access_token"])

    def _send(self, method: str, path: str, body: Any, authorization: str) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=LONGEST_CALL) as answer:
                return Answer(answer.status, _content(answer.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _content(error.read()))
        except TimeoutError:
            raise UnreachableError(504, f"no answer within {LONGEST_CALL:g} seconds") from None
        except (OSError, HTTPException) as error:
            late = isinstance(getattr(error, "reason", None), TimeoutError)
            raise UnreachableError(504 if late else 503, str(error)) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect as it is: following one would send the credentials elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Overrides what would follow it."""


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _content(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return body.decode(errors="replace")
