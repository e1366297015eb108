"""Each test of the matrix runs once for every version of Airflow on MWAA."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from examples import ROOT, empty_project
from mwaa_airflow import MwaaAirflow

from generator.airflow_version import VERSIONS, AirflowVersion
from generator.project import Project


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda version: version.name)
def version(request: pytest.FixtureRequest) -> AirflowVersion:
    chosen: AirflowVersion = request.param
    return chosen


@pytest.fixture(scope="session")
def corpus(version: AirflowVersion, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Every golden file of lint, the broken ones too, and the pipelines of the repository."""
    project = empty_project(tmp_path_factory.mktemp("corpus"))
    for file in (ROOT / "glue_scripts").glob("*.py"):
        shutil.copyfile(file, project.glue_scripts / file.name)
    for folder in (ROOT / "pipelines", ROOT / "tests" / "golden" / "lint"):
        for file in folder.glob("*.yaml"):
            shutil.copyfile(file, project.pipelines / file.name)
    _name_version(project.environment_file("local"), version)
    return project


@pytest.fixture(scope="session")
def reader(
    version: AirflowVersion, corpus: Project, tmp_path_factory: pytest.TempPathFactory
) -> MwaaAirflow:
    """That version of Airflow with an empty home, reading the corpus."""
    airflow = MwaaAirflow(version.name, tmp_path_factory.mktemp("airflow"), corpus.dags)
    # The corpus has no package beside its loaders, as a bundle has.
    airflow.variables["PYTHONPATH"] = str(ROOT)
    airflow.variables["PIPELINES_ENV"] = "local"
    return airflow


def _name_version(environment: Path, version: AirflowVersion) -> None:
    text = environment.read_text("utf-8")
    bucket = "  bucket: local-mwaa\n"
    assert bucket in text
    changed = text.replace(bucket, f'{bucket}  airflow_version: "{version.name}"\n')
    environment.write_text(changed, "utf-8")
