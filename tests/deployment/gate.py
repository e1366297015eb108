"""A gate before the emulated S3: it writes down what is changed, and can refuse or hold it up."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"""
MANIFEST = "pipelines-deploy.json"
FRAMING = ("Transfer-Encoding", "Connection", "Content-Length", "Expect")


class Gate:
    """Answers as the S3 at ``url`` does; ``changes`` are the changes that it let through.

    Each is a method and `bucket/key`, in order. ``before`` is called with each, one after the
    other; what it raises is AccessDenied to the caller.
    """

    def __init__(self, url: str) -> None:
        self.changes: list[tuple[str, str]] = []
        self.before: Callable[[str, str], None] = lambda *_: None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
        self._server.RequestHandlerClass.gate = self
        self._server.RequestHandlerClass.url = url
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def objects(self, method: str = "PUT") -> list[str]:
        """Return the keys in MWAA's bucket that were changed, in order, without the manifest."""
        keys = [place.partition("/")[2] for way, place in self.changes if way == method]
        return [key for key in keys if key != MANIFEST]

    def let_through(self, method: str, place: str) -> bool:
        if method == "GET" or "/" not in place:
            return True
        with self._lock:
            try:
                self.before(method, place)
            except PermissionError:
                return False
            self.changes.append((method, place))
            return True

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    url: str
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: two would wait for each other

    def _pass(self) -> None:
        body = self._read()
        place = unquote(urlsplit(self.path).path).lstrip("/")
        if self.command != "HEAD" and not self.gate.let_through(self.command, place):
            self._answer(403, {"Content-Type": "application/xml"}, DENIED)
            return
        headers = {name: value for name, value in self.headers.items() if name not in FRAMING}
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        with closing(connection):
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while length := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(length))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.title() not in FRAMING:
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self) -> None:
        self._pass()

    def do_HEAD(self) -> None:
        self._pass()

    def do_PUT(self) -> None:
        self._pass()

    def do_DELETE(self) -> None:
        self._pass()

    def handle_expect_100(self) -> bool:
        expected = super().handle_expect_100()
        self.wfile.flush()
        return expected

    def log_message(self, *_: Any) -> None:
        pass
