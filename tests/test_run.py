"""`pipelines run`: the real DAG in real Airflow, real Spark, real XGBoost, real HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT, VALID
from terminals import EmulatedAwsProcess, await_nothing_left, obey_curl, pipelines

from generator.project import Project

TASKS = [
    *("glue_prepare", "train", "evaluate", "create_model", "create_endpoint_config"),
    *("deploy", "verify", "smoke_test", "clean_up"),
]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAwsProcess]:
    running = EmulatedAwsProcess()
    yield running
    assert running.stop() == 0


def run_churn(aws: EmulatedAwsProcess, report: Path) -> tuple[str, dict[str, Any]]:
    finished = subprocess.run(
        pipelines("run", "customer-churn", "--logs", "--report", str(report)),
        cwd=ROOT,
        env={**os.environ, **aws.variables},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout, json.loads(report.read_text())


@pytest.fixture(scope="module")
def demo(
    aws: EmulatedAwsProcess, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """What the first run of customer-churn printed, and its report."""
    return run_churn(aws, tmp_path_factory.mktemp("demo") / "new folder" / "report.json")


def test_every_task_of_the_demo_succeeds(demo: tuple[str, dict[str, Any]]) -> None:
    _, report = demo
    assert (report["pipeline"], report["environment"]) == ("customer-churn", "local")
    assert report["state"] == "success"
    assert [(task["task"], task["state"]) for task in report["tasks"]] == [
        (name, "success") for name in TASKS
    ]
    assert all(task["seconds"] > 0 for task in report["tasks"])


def test_spark_read_split_and_counted_the_churn_data(demo: tuple[str, dict[str, Any]]) -> None:
    (job,) = demo[1]["glue"]
    assert job["rows"] == {"input": 5000, "train": 3500, "validation": 1500}


def test_xgboost_learned_something(demo: tuple[str, dict[str, Any]]) -> None:
    training = demo[1]["training"]
    assert training["metrics"]["validation:auc"] >= 0.90
    assert training["trained_with"] == "XGBoost 3.2.0 (container 3.2-0)"
    assert training["model_artifact"].endswith(f"/{training['name']}/output/model.tar.gz")


def test_the_endpoint_serves_the_model_that_this_run_trained(
    demo: tuple[str, dict[str, Any]],
) -> None:
    report = demo[1]
    assert report["endpoint"]["name"] == "customer-churn"
    assert report["endpoint"]["status"] == "InService"
    assert report["endpoint"]["configuration"].startswith(report["training"]["name"])


def test_predictions_for_real_customers_are_probabilities_that_tell_them_apart(
    demo: tuple[str, dict[str, Any]],
) -> None:
    predictions = demo[1]["predictions"]
    by_truth: dict[float, list[float]] = {0.0: [], 1.0: []}
    for each in predictions:
        assert 0 < each["prediction"] < 1
        by_truth[each["truth"]].append(each["prediction"])
    assert min(map(len, by_truth.values())) == 3
    assert sum(by_truth[1.0]) / 3 > sum(by_truth[0.0]) / 3


def test_the_screen_shows_progress_logs_and_a_summary(demo: tuple[str, dict[str, Any]]) -> None:
    screen, report = demo
    for task in TASKS:
        assert f"✓ {task}" in screen
    assert "rows: input=5000 train=3500 validation=1500" in screen
    assert "customer-churn: success" in screen
    assert f"{report['training']['metrics']['validation:auc']:.4f}" in screen
    assert "customer-churn is InService" in screen


def test_the_readme_shows_what_the_demo_really_prints(demo: tuple[str, dict[str, Any]]) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = readme.partition("customer-churn: success")[2].partition("```")[0]
    printed = demo[0].partition("customer-churn: success")[2]

    def facts(text: str) -> list[str]:
        """Return the lines without what differs from run to run: seconds and names."""
        steady = re.sub(r"in \d+ s|\d{8}-[0-9a-f]{8}(-1-[0-9a-f]{6})?", "…", text)
        return [line.rstrip() for line in steady.strip().splitlines()]

    assert facts(shown) == facts(printed)


@pytest.mark.slow
def test_a_second_run_updates_the_same_endpoint_and_can_keep_it_answering(
    aws: EmulatedAwsProcess, demo: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    report = tmp_path / "second.json"
    process = subprocess.Popen(
        pipelines("run", "customer-churn", "--keep", "--report", str(report)),
        cwd=ROOT,
        env={**os.environ, **aws.variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    command = next(line for line in process.stdout if line.startswith("curl "))
    answer = obey_curl(command)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    first, second = demo[1], json.loads(report.read_text())
    assert float(answer) == pytest.approx(second["predictions"][0]["prediction"])
    assert second["endpoint"]["created"] == first["endpoint"]["created"]
    assert second["endpoint"]["configuration"] != first["endpoint"]["configuration"]
    assert second["training"]["name"] != first["training"]["name"]


@pytest.mark.slow
def test_a_failing_job_shows_its_reason_and_leaves_nothing_behind(
    project: Project, tmp_path: Path
) -> None:
    (project.pipelines / "churn.yaml").write_text(VALID.format(name="churn"))
    (project.glue_scripts / "clean.py").write_text("raise SystemExit('the source has no rows')\n")
    (project.root / "data").mkdir()
    (project.root / "data" / "customer-churn.csv").write_text("a,b\n")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    finished = subprocess.run(
        pipelines("run", "churn", "--report", str(tmp_path / "report.json")),
        cwd=project.root,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 1
    assert "the source has no rows" in finished.stdout
    assert "✗ glue_prepare" in finished.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["state"] == "failed"
    assert "the source has no rows" in report["reason"]
    assert list(temporary.iterdir()) == []
    assert (project.root / "build" / "runs" / "churn.log").is_file()


TWO_JOBS = """\
schema_version: 1
name: counts
owner: tests
glue:
  - name: second
    needs: [first-of-all]
    script: total.py
  - name: first-of-all
    script: numbers.py
    arguments: {upto: 4, run: "{{ run_id }}"}
"""
NUMBERS = """\
import sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession
arguments = getResolvedOptions(sys.argv, ["JOB_NAME", "output", "upto", "run"])
print("for run", arguments["run"])
numbers = SparkSession.builder.getOrCreate().range(int(arguments["upto"]))
numbers.coalesce(1).write.csv(arguments["output"] + "numbers/")
"""
TOTAL = """\
import sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession
arguments = getResolvedOptions(sys.argv, ["JOB_NAME", "input_first_of_all"])
source = arguments["input_first_of_all"] + "numbers/"
numbers = SparkSession.builder.getOrCreate().read.csv(source, schema="n int")
print(f"rows: total={sum(row.n for row in numbers.collect())}")
"""


@pytest.mark.slow
def test_a_job_runs_after_the_one_it_needs_and_reads_what_that_wrote(
    project: Project, tmp_path: Path
) -> None:
    (project.pipelines / "counts.yaml").write_text(TWO_JOBS)
    (project.glue_scripts / "numbers.py").write_text(NUMBERS)
    (project.glue_scripts / "total.py").write_text(TOTAL)
    (project.root / "data").mkdir()
    (project.root / "data" / "customer-churn.csv").write_text("a,b\n")
    finished = subprocess.run(
        pipelines("run", "counts", "--logs", "--report", str(tmp_path / "report.json")),
        cwd=project.root,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert [task["task"] for task in report["tasks"]] == ["glue_first-of-all", "glue_second"]
    assert {job["job"]: job["rows"] for job in report["glue"]}["second"] == {"total": 6}
    assert "for run manual__" in finished.stdout


@pytest.mark.parametrize(
    "signal_number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        signal.SIGTERM,
        pytest.param(signal.SIGKILL, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_run_leaves_no_process_and_no_folder(
    tmp_path: Path, signal_number: signal.Signals
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        pipelines("run", "customer-churn"),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "glue_prepare" in line:
            break
    process.send_signal(signal_number)
    process.wait(60)
    process.stdout.close()
    await_nothing_left(temporary)


def test_missing_sample_data_is_said_before_anything_starts(project: Project) -> None:
    (project.pipelines / "churn.yaml").write_text(VALID.format(name="churn"))
    finished = subprocess.run(
        pipelines("run", "churn"), cwd=project.root, capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 2
    assert "sample_data names data/customer-churn.csv, which is not there" in finished.stderr
