"""The XGBoost container as a server: `python -m … MODEL_FOLDER VERSION SOCKET`.

SOCKET is the descriptor of a listening socket. It answers GET /ping and POST /invocations as
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html asks, with the
formats of https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

from __future__ import annotations

import csv
import json
import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from generator.local.aws.containers import introduction

MOST_BYTES = int(os.environ.get("MAX_CONTENT_LENGTH", 6 * 1024**2))
DEFAULT_ACCEPT = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
CSV = "text/csv"
LIBSVM = ("text/libsvm", "text/x-libsvm")


class RequestError(Exception):
    """A request that the model does not answer: HTTP status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Model:
    """A booster that answers payloads."""

    def __init__(self, folder: Path) -> None:
        """Raises RuntimeError if there is no readable model."""
        file = folder / "xgboost-model"
        if not file.is_file():
            raise RuntimeError("model.tar.gz does not contain a file named xgboost-model.")
        if "SAGEMAKER_INFERENCE_OUTPUT" in os.environ:
            raise RuntimeError("SAGEMAKER_INFERENCE_OUTPUT is not emulated.")
        try:
            self._booster = xgboost.Booster()
            self._booster.load_model(bytearray(file.read_bytes()))
        except xgboost.core.XGBoostError as error:
            reason = str(error).partition("Stack trace")[0].strip()
            raise RuntimeError(f"xgboost-model cannot be loaded: {reason}") from error

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """The predictions for `body`, and their content type. Raises RequestError."""
        kind = content_type.partition(";")[0].strip().lower()
        wanted = accept.partition(";")[0].partition(",")[0].strip().lower()
        if wanted in ("", "*/*"):
            wanted = DEFAULT_ACCEPT
        if wanted not in ENCODERS:
            raise RequestError(406, f"Accept type {wanted} is not supported: {', '.join(ENCODERS)}")
        rows = self._read(body, kind)
        width = self._booster.num_features()
        if rows.shape[1] != width:
            raise RequestError(
                400,
                f"Unable to evaluate payload provided: Feature size of {kind} inference data "
                f"{rows.shape[1]} is not consistent with feature size of trained model {width}.",
            )
        predictions = self._booster.predict(xgboost.DMatrix(rows)).tolist()
        return ENCODERS[wanted](predictions).encode(), wanted

    def _read(self, body: bytes, kind: str) -> Any:
        try:
            text = body.decode().strip()
            if kind == CSV:
                return read_csv(text)
            if kind in LIBSVM:
                return read_libsvm(text, self._booster.num_features())
        except ValueError as error:
            raise RequestError(
                415,
                f"Loading {kind} data failed with Exception, please ensure data is in "
                f"{kind} format: {error}",
            ) from error
        accepted = ", ".join((CSV, *LIBSVM))
        raise RequestError(415, f"Content type {kind or '(none)'} is not supported: {accepted}")


def read_csv(text: str) -> Any:
    """Rows of numbers, features only; an empty cell is a missing value. Raises ValueError."""
    lines = text.splitlines()
    if not lines:
        raise ValueError("the payload is empty")
    try:
        delimiter = csv.Sniffer().sniff(lines[0], ",;\t|").delimiter
    except csv.Error:  # a single feature
        delimiter = ","
    rows = [
        [float(cell) if cell.strip() else np.nan for cell in line.split(delimiter)]
        for line in lines
    ]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the rows have different numbers of features")
    return np.array(rows, dtype=np.float32)


def read_libsvm(text: str, width: int) -> Any:
    """Rows of `index:value` pairs, with or without a label before them. Raises ValueError."""
    rows = np.full((len(text.splitlines()), width), np.nan, dtype=np.float32)
    for number, line in enumerate(text.splitlines()):
        for pair in line.split():
            index, colon, value = pair.partition(":")
            if colon and int(index) >= width:
                raise ValueError(f"feature {index} of a model with {width} features")
            if colon:
                rows[number, int(index)] = float(value)
    return rows


ENCODERS = {
    "text/csv": lambda predictions: ",".join(map(str, predictions)),
    "application/json": lambda predictions: json.dumps(
        {"predictions": [{"score": score} for score in predictions]}
    ),
    "application/jsonlines": lambda predictions: "".join(
        json.dumps({"score": score}) + "\n" for score in predictions
    ),
}


class Handler(BaseHTTPRequestHandler):
    """The two requests that SageMaker sends to a container."""

    protocol_version = "HTTP/1.1"
    model: Model

    def do_GET(self) -> None:
        """GET /ping."""
        self._send(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self) -> None:
        """POST /invocations."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        try:
            if length > MOST_BYTES:
                raise RequestError(413, f"The payload is larger than {MOST_BYTES} bytes")
            kind, accept = self.headers.get("Content-Type", ""), self.headers.get("Accept", "")
            self._send(200, *self.model.answer(body, kind, accept))
        except RequestError as refusal:
            print(f"{refusal.status} {refusal.reason}", file=sys.stderr)
            self._send(refusal.status, refusal.reason.encode(), "text/plain")
        except Exception as error:  # a container answers 500 and goes on serving
            print(f"500 {error!r}", file=sys.stderr)
            self._send(500, str(error).encode(), "text/plain")

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """No line per request."""


def main(folder: Path, version: str, descriptor: int) -> None:
    """Serves until it is stopped; a model that cannot be loaded ends it at once."""
    print(introduction(version, xgboost.__version__), flush=True)
    try:
        Handler.model = Model(folder)
    except RuntimeError as error:
        sys.exit(f"ERROR: {error}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
