"""A small HTTP server in the place of Airflow, and how it is registered at the emulated MWAA."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """One request: method, path, content and the header Authorization."""

    method: str
    path: str
    body: Any
    authorization: str | None


class StandInAirflow(ThreadingHTTPServer):
    """Records what it is asked, and answers with the next of `answers`: status and content."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[Asked] = []
        self.answers: list[tuple[int, Any]] = []

    def handle_error(self, *_: Any) -> None:
        """The client may have given up."""


class _Handler(BaseHTTPRequestHandler):
    server: StandInAirflow

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.loads(text) if text else None
        asked = self.server.asked
        asked.append(Asked(self.command, self.path, body, self.headers.get("Authorization")))
        if self.path == "/auth/token":
            self._send(201, {"access_token": f"token-{len(asked)}"})
        else:
            self._send(*self.server.answers.pop(0))

    def _send(self, status: int, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def stand_in_airflow() -> Iterator[StandInAirflow]:
    """Yield a running one."""
    with StandInAirflow() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def register(
    aws_url: str, environment: str, url: str, method: str = "PUT", **fields: Any
) -> tuple[int, dict[str, Any]]:
    """Register (or, with DELETE, remove) the Airflow at `url`; the answer's status and content."""
    headers = fields.pop("headers", {})
    credentials = {"airflow_version": "3.3.1", "username": "admin", "password": "secret"}
    request = urllib.request.Request(
        f"{aws_url}/_pipelines/mwaa/{environment}",
        json.dumps({"url": url, **credentials, **fields}).encode(),
        headers,
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
