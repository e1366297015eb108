"""An internal path of the emulated AWS: `pipelines ui` says here which Airflow it runs.

    PUT    /_pipelines/mwaa/<environment>    {"url", "airflow_version", "username", "password"}
    DELETE /_pipelines/mwaa/<environment>    {"url"}

AWS has no such thing. It is for programs on this machine, and never says or logs the password.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

from generator.local.aws.errors import AwsError, invalid
from generator.local.aws.mwaa import Mwaa
from generator.local.aws.mwaa_web_server import WebServer

INTERNAL = "/_pipelines/"
_PATH = f"{INTERNAL}mwaa/"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TEXTS = ("url", "airflow_version", "username", "password")


class MwaaRegistration:
    """Registers Airflows at `mwaa` and removes them."""

    def __init__(self, mwaa: Mwaa) -> None:
        self._mwaa = mwaa

    def answer(self, environ: WSGIEnvironment, body: bytes) -> dict[str, Any]:
        """Return what an accepted request is answered with, nothing. Raises AwsError."""
        refuse_browsers(environ)
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        name = path.removeprefix(_PATH)
        if not path.startswith(_PATH) or not name:
            raise invalid(f"there is no {path}")
        if method == "PUT":
            given = _read(body, _TEXTS)
            server = WebServer(*(given[key] for key in _TEXTS))
            self._mwaa.register(name, server, int(given.get("throttled", 0)))
        elif method == "DELETE":
            self._mwaa.forget(name, _read(body, ("url",))["url"])
        else:
            raise invalid(f"{method} means nothing at {path}")
        return {}


def refuse_browsers(environ: WSGIEnvironment) -> None:
    """A page on the web can have a browser on this machine send requests here; ours is none."""
    host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname
    if "HTTP_ORIGIN" in environ or host not in _LOOPBACK:
        raise AwsError("AccessDeniedException", "This path is for programs on this machine.", 403)


def _read(body: bytes, texts: tuple[str, ...]) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        raise invalid("the registration is not JSON") from None
    if not isinstance(given, dict) or not all(isinstance(given.get(key), str) for key in texts):
        raise invalid(f"a registration has the texts {', '.join(texts)}")
    if urlsplit(given["url"]).hostname not in _LOOPBACK:
        raise invalid("only an Airflow on this machine can be registered")
    return given
