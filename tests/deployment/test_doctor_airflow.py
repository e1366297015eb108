"""`pipelines doctor` on the emulated AWS of this machine, and what a real Airflow tells it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from doctor_world import Diagnosis
from examples import VALID, empty_project, share_database
from terminals import EmulatedAwsProcess, pipelines

from generator.project import Project

PATIENCE = 120
"""Seconds until Airflow has read all files, on a busy machine."""


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAwsProcess]:
    running = EmulatedAwsProcess()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def project_with_ui(
    aws: EmulatedAwsProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project with a pipeline, whose `pipelines ui` runs."""
    made = empty_project(tmp_path_factory.mktemp("with ui") / "a project")
    share_database(made)
    (made.pipelines / "churn.yaml").write_text(VALID.format(name="churn"), "utf-8")
    sample = made.root / "data" / "customer-churn.csv"  # which environments/local.yaml names
    sample.parent.mkdir()
    sample.write_text("1,2\n", "utf-8")
    process = subprocess.Popen(
        pipelines("ui"),
        cwd=made.root,
        env=variables(aws),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any(line.startswith("Password") for line in process.stdout)
        yield made
    finally:
        process.terminate()
        process.communicate(timeout=60)


def variables(aws: EmulatedAwsProcess) -> dict[str, str]:
    foreign = ("PIPELINES_", "AWS_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return own | aws.variables


def doctor(project: Project, aws: EmulatedAwsProcess) -> Diagnosis:
    done = subprocess.run(
        pipelines("doctor"),
        cwd=project.root,
        env=variables(aws),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return Diagnosis(done.returncode, done.stdout)


@pytest.mark.slow
def test_a_real_airflow_is_asked_whether_it_is_well(
    project_with_ui: Project, aws: EmulatedAwsProcess
) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := doctor(project_with_ui, aws)).troubles and time.monotonic() < deadline:
        time.sleep(1)  # its parts count as healthy after their first sign of life
    assert found.troubles == []
    assert found.code == 0
    said = dict(line.split(": ", 1) for mark, line in found.lines if mark == "✓")
    assert said["Airflow"].startswith("answers as 3.3.1")
    assert said["MWAA environment"].startswith("local, Airflow 3.3.1, AVAILABLE")
    assert said["DAG files"] == "Airflow reads them without an error"


@pytest.mark.slow
def test_what_a_real_airflow_cannot_import_is_told(
    project_with_ui: Project, aws: EmulatedAwsProcess
) -> None:
    broken: Path = project_with_ui.pipelines / "late.yaml"
    broken.write_text(VALID.format(name="late").replace("glue:", "glu:"), "utf-8")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = doctor(project_with_ui, aws)
        said = [line for mark, line in found.lines if mark == "✗" and line.startswith("DAG files")]
        if said:
            break
        time.sleep(1)
    assert said[0].startswith("DAG files: 1 import error; pipeline_errors.py: ")
    assert "late.yaml" in said[0]
    assert found.code == 1
