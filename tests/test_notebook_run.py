"""The notebook asks the endpoint that a real run of customer-churn has deployed."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from deployed_churn import Client, Truth, deploy_a_copy, train_again
from examples import ROOT
from matplotlib import image
from notebook_run import NOTEBOOK, Run, read_notebook
from terminals import pipelines

from generator.local.aws.server import EmulatedAws

# pytest-timeout counts the fixtures, too: the run of the pipeline is one.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws(region="us-east-1") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def client(aws: EmulatedAws) -> Client:
    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=aws.url,
            region_name="us-east-1",
            aws_access_key_id="tests",
            aws_secret_access_key="tests",
        )

    return make


@pytest.fixture(scope="module")
def report(
    aws: EmulatedAws, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `pipelines run customer-churn` reports; a newer training job, not deployed, follows."""
    file = tmp_path_factory.mktemp("run") / "report.json"
    finished = subprocess.run(
        pipelines("run", "customer-churn", "--report", str(file)),
        cwd=ROOT,
        env={**os.environ, **aws.environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    made = json.loads(file.read_text())
    train_again(client("sagemaker"), made["training"]["name"])
    return made


@pytest.fixture(scope="module")
def variables(aws: EmulatedAws, report: dict[str, Any]) -> dict[str, str]:
    """The variables of the notebook, which has a name of its own in the record of calls."""
    return {**aws.environment, "AWS_ACCESS_KEY_ID": "notebook"}


@pytest.fixture(scope="module")
def run(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the notebook alone, far from the project, in a folder with a space."""
    folder = tmp_path_factory.mktemp("far away") / "my notebooks"
    folder.mkdir()
    shutil.copy(NOTEBOOK, folder)
    made = Run(folder, tmp_path_factory.mktemp("home"), variables)
    assert [path.name for path in folder.iterdir()] == [NOTEBOOK.name]
    return made


@pytest.fixture(scope="module")
def truth(report: dict[str, Any], client: Client) -> Truth:
    return Truth(report, client)


def test_it_runs_to_the_end_without_a_warning(run: Run) -> None:
    assert run.error == ""
    streams = [each.name for each in run.outputs if each.output_type == "stream"]
    assert set(streams) == {"stdout"}
    counts = [c.execution_count for c in run.notebook.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert run.notebook.cells[-2].outputs != []


def test_it_shows_what_is_served_although_a_newer_training_job_exists(
    run: Run, report: dict[str, Any]
) -> None:
    shown = run.table("training-job")["deployed"]
    job = report["training"]["name"]
    assert shown["Endpoint"] == "customer-churn is InService in us-east-1"
    assert shown["Configuration"] == report["endpoint"]["configuration"]
    assert re.fullmatch(f"{job}-[0-9a-f]{{6}}", shown["Model"])
    assert shown["Image"] == "sagemaker-xgboost:3.2-0"
    assert shown["Training job"] == job
    for name, value in report["training"]["metrics"].items():
        assert float(shown[f"Its {name}"]) == pytest.approx(value, abs=5e-5)


def test_the_endpoint_reaches_the_auc_that_the_training_job_reported(
    run: Run, report: dict[str, Any]
) -> None:
    auc = f"{report['training']['metrics']['validation:auc']:.4f}"
    assert f"AUC {auc}, measured at the endpoint with 1,500 rows\n" in run.printed
    assert f"AUC {auc}, reported by {report['training']['name']}\nThey agree" in run.printed


def test_a_few_customers_stand_beside_what_they_did(run: Run, truth: Truth) -> None:
    table = run.table("customers")
    assert len(table) == 8
    assert list(table["score"]) == sorted(table["score"], reverse=True)
    for row, customer in table.iterrows():
        assert customer["in truth"] == ("left" if truth.labels[row] else "stayed")
        assert customer["score"] == pytest.approx(truth.scores[row], abs=5e-4)
    assert {"total day minutes", "international plan"} <= set(table.columns)
    assert set(table["international plan"]) <= {"yes", "no"}


def test_the_confusion_counts_every_customer_once(run: Run, truth: Truth) -> None:
    table = run.table("threshold")
    threshold = float(str(table.columns[1]).removeprefix("called at "))
    expected = np.zeros((2, 2), int)
    for label, score in zip(truth.labels, truth.scores, strict=True):
        expected[label, int(score >= threshold)] += 1
    assert table.to_numpy().tolist() == expected.tolist()
    assert table.to_numpy().sum() == 1500
    (_, wasted), (missed, reached) = expected.tolist()
    assert f"= {reached} of {reached + wasted} calls" in run.printed
    assert f"= {reached} of {reached + missed} who leave" in run.printed
    assert f"It costs {5 * missed + wasted:,}, against 1,060 for calling nobody" in run.printed


def test_no_other_threshold_costs_less(run: Run, truth: Truth) -> None:
    def cost(threshold: float) -> int:
        pairs = list(zip(truth.labels, truth.scores, strict=True))
        missed = sum(label == 1 and score < threshold for label, score in pairs)
        return 5 * missed + sum(label == 0 and score >= threshold for label, score in pairs)

    least = min(cost(number / 100) for number in range(101))
    assert f"It costs {least:,}, against" in run.printed


def test_the_two_figures_are_large_and_show_something(run: Run) -> None:
    figures = run.shown("image/png")
    assert len(figures) == 2
    for figure in figures:
        pixels = image.imread(io.BytesIO(base64.b64decode(figure)))
        height, width, _ = pixels.shape
        assert (height > 400, width > 900) == (True, True)
        assert pixels.std() > 0.05


def test_it_calls_what_its_table_of_permissions_names_and_nothing_else(
    run: Run, aws: EmulatedAws
) -> None:
    introduction = read_notebook().cells[0].source
    rows = [line for line in introduction.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(\w+:\w+)`", "".join(rows)))
    calls = {call for call in aws.calls if call.principal == "notebook"}
    assert {call.action for call in calls} == named - {"kms:Decrypt"}
    data = {call.resource for call in calls if call.action.startswith("s3:")}
    models = {call.resource for call in calls} - data
    bucket = "arn:aws:s3:::local-data"
    assert all(each == bucket or each.startswith(f"{bucket}/customer-churn/runs/") for each in data)
    assert all(each.rpartition("/")[2].startswith("customer-churn") for each in models)


@pytest.mark.parametrize("folder", [ROOT, ROOT / "notebooks"])
def test_it_says_the_same_wherever_it_is_started(
    run: Run, variables: dict[str, str], home: Path, folder: Path
) -> None:
    again = Run(folder, home, variables)
    assert again.printed == run.printed
    assert again.shown("text/html") == run.shown("text/html")


def test_many_small_requests_give_the_same_scores(
    run: Run, variables: dict[str, str], home: Path
) -> None:
    again = Run(ROOT, home, variables, MOST_BYTES="50_000")
    assert again.printed == run.printed


def test_a_sample_is_not_compared_with_the_training_job(
    variables: dict[str, str], home: Path
) -> None:
    sample = Run(ROOT, home, variables, MOST_ROWS="300")
    assert sample.error == ""
    assert "300 of 1,500 customers" in sample.printed
    assert "Not compared with the training job: only a sample was asked" in sample.printed
    assert sample.table("threshold").to_numpy().sum() == 300


def test_rows_that_the_job_did_not_see_are_noticed_by_their_auc(
    variables: dict[str, str], home: Path, truth: Truth
) -> None:
    with truth.replaced(truth.mistaken()):
        stopped = Run(ROOT, home, variables)
    assert "reported AUC 0.92" in stopped.error
    assert f"the rows at s3://{truth.bucket}/{truth.prefix} are not those" in stopped.error


def test_rows_that_are_gone_end_it_with_one_sentence(
    variables: dict[str, str], report: dict[str, Any], home: Path, truth: Truth
) -> None:
    with truth.replaced(None):
        stopped = Run(ROOT, home, variables)
    assert stopped.error == (
        f"Stopped: The rows of {report['training']['name']} are not at "
        f"s3://{truth.bucket}/{truth.prefix} any more: run the pipeline again."
    )


def test_an_endpoint_that_no_pipeline_made_ends_it_with_one_sentence(
    variables: dict[str, str], report: dict[str, Any], home: Path, client: Client
) -> None:
    deploy_a_copy(client, report["training"])
    stopped = Run(ROOT, home, variables, ENDPOINT='"copied"')
    assert stopped.error == (
        "Stopped: The model behind endpoint copied cannot be traced to the training job that "
        "made it: run its pipeline again, or correct the first cell."
    )
