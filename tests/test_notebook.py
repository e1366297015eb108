"""The notebook as it is committed, and run where there is no endpoint that it could ask."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from examples import ROOT
from notebook_run import NOTEBOOK, Run, read_notebook

from generator.local.aws.server import EmulatedAws

STANDARD = {"contextlib", "io", "json", "re"}
IN_SAGEMAKER = {"boto3", "botocore", "matplotlib", "numpy", "pandas", "sklearn"}


def test_the_notebook_is_valid_and_names_the_kernel_that_sagemaker_has() -> None:
    notebook = read_notebook()
    nbformat.validate(notebook)
    assert notebook.metadata.keys() == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}


def test_the_notebook_is_committed_without_outputs_and_without_traces_of_a_machine() -> None:
    for cell in read_notebook().cells:
        assert cell.metadata == {}
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    assert not re.search(r"/(home|Users|root|tmp|work)/|\d{12}", NOTEBOOK.read_text("utf-8"))


def test_cells_are_short_and_the_first_code_is_what_a_reader_may_change() -> None:
    code = [cell.source for cell in read_notebook().cells if cell.cell_type == "code"]
    assert max(len(source.splitlines()) for source in code) <= 50
    assert [line.partition(" = ")[0] for line in code[0].splitlines()] == [
        *("ENDPOINT", "REGION", "MOST_ROWS")
    ]


def test_the_notebook_imports_nothing_that_sagemaker_lacks() -> None:
    code = [cell.source for cell in read_notebook().cells if cell.cell_type == "code"]
    imported = set()
    for node in ast.walk(ast.parse("\n".join(code))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module))
    assert {name.partition(".")[0] for name in imported} == STANDARD | IN_SAGEMAKER


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["format", "--check"],
        # SageMaker Distribution 2 has Python 3.10.
        ["check", "--isolated", "--target-version=py310", "--select=F"],
    ],
)
def test_ruff_has_nothing_against_the_notebook(arguments: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *arguments, "--no-cache", str(NOTEBOOK)]
    finished = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def names_of(cell: str) -> dict[str, Any]:
    """Return what a cell that only defines functions defines."""
    (found,) = [each for each in read_notebook().cells if each.id == cell]
    names: dict[str, Any] = {"re": re, "np": np}
    definitions = [
        node for node in ast.parse(found.source).body if isinstance(node, ast.FunctionDef)
    ]
    exec(compile(ast.Module(definitions, []), cell, "exec"), names)
    return names


@pytest.mark.parametrize("text", ["0.25,0.5,1e-05", "0.25\n0.5\n1e-05\n", " 0.25, 0.5,\n1e-05\r\n"])
def test_scores_are_read_with_commas_and_with_line_ends(text: str) -> None:
    assert names_of("ask")["read_scores"](text) == [0.25, 0.5, 0.00001]


def test_requests_stay_below_the_limit_and_lose_no_row() -> None:
    rows = pd.DataFrame({"a": range(1000), "b": ["x" * (number % 50) for number in range(1000)]})
    names = names_of("ask")
    names["MOST_BYTES"] = 300
    texts = list(names["batches"](rows))
    assert len(texts) > 90
    assert max(map(len, texts)) <= 300
    assert "".join(texts) == rows.to_csv(index=False, header=False)


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws(region="us-east-1") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


def test_a_missing_endpoint_ends_it_with_one_sentence(aws: EmulatedAws, home: Path) -> None:
    run = Run(ROOT, home, aws.environment, ENDPOINT='"customer-chrun"')
    assert run.error == (
        "Stopped: There is no endpoint customer-chrun in us-east-1: run its pipeline, "
        "or correct the first cell."
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        (
            "REGION",
            'This notebook has no region: set REGION in the first cell, such as "us-east-1".',
        ),
        (
            "KEY",
            "Unable to locate credentials: check REGION, and that this notebook has credentials.",
        ),
    ],
)
def test_without_region_or_credentials_it_says_so(
    aws: EmulatedAws, home: Path, variable: str, sentence: str
) -> None:
    variables = {name: text for name, text in aws.environment.items() if variable not in name}
    assert Run(ROOT, home, variables).error == f"Stopped: {sentence}"


@contextmanager
def service_that_says(status: int, answer: dict[str, Any]) -> Iterator[str]:
    """Yield the address of a service that gives each request the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


ENDPOINT = {"EndpointName": "customer-churn", "EndpointConfigName": "churn-1"}
ANSWERS = {
    "Creating": (
        (200, {**ENDPOINT, "EndpointStatus": "Creating"}),
        "Endpoint customer-churn is Creating: wait until it is InService, then run all again.",
    ),
    "Failed": (
        (200, {**ENDPOINT, "EndpointStatus": "Failed", "FailureReason": "There is no image."}),
        "Endpoint customer-churn is Failed: delete it and run its pipeline again. "
        "There is no image.",
    ),
    "AccessDenied": (
        (400, {"__type": "AccessDeniedException", "Message": "You may not do this."}),
        "An error occurred (AccessDeniedException) when calling the DescribeEndpoint operation: "
        "You may not do this. The permissions needed are listed at the top.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", ANSWERS)
def test_an_endpoint_that_cannot_be_asked_ends_it_with_one_sentence(
    aws: EmulatedAws, home: Path, case: str
) -> None:
    answer, sentence = ANSWERS[case]
    with service_that_says(*answer) as url:
        run = Run(ROOT, home, {**aws.environment, "AWS_ENDPOINT_URL": url})
    assert run.error == f"Stopped: {sentence}"
