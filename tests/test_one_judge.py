"""Lint and Airflow's loader say the same words about the same file."""

from __future__ import annotations

import shutil
from typing import Any

import airflow_world
import pytest
from examples import ROOT, empty_project

from generator.compiler import lint
from generator.project import Project

CASES = sorted((ROOT / "tests" / "golden" / "lint").glob("*.yaml"))

LOAD_EACH = """
import json, os, runpy, sys
from pathlib import Path
from generator.problem import PipelineError

def load(folder):
    os.environ["PIPELINES_ROOT"] = str(folder)
    dags = runpy.run_path(str(folder / "dags" / "pipelines.py"))
    try:
        runpy.run_path(str(folder / "dags" / "pipeline_errors.py"))
    except PipelineError as error:
        said = str(error)
    else:
        said = ""
    return {"said": said, "dags": [name for name in dags if name == folder.name]}

folders = sorted(Path(sys.argv[1]).iterdir())
print(json.dumps({folder.name: load(folder) for folder in folders}))
"""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """One project for each golden case, with that case as its only pipeline."""
    top = tmp_path_factory.mktemp("projects")
    made = {}
    for case in CASES:
        made[case.stem] = project = empty_project(top / case.stem)
        shutil.copyfile(case, project.pipelines / case.name)
    return made


@pytest.fixture(scope="module")
def loaded(
    projects: dict[str, Project], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What Airflow's two loader files do in each project, all in one Airflow process."""
    first = next(iter(projects.values()))
    home = airflow_world.home(first, tmp_path_factory.mktemp("airflow"))
    loaded: dict[str, Any] = airflow_world.python(home, LOAD_EACH, str(first.root.parent))
    return loaded


@pytest.mark.parametrize("case", [case.stem for case in CASES])
def test_the_loader_raises_what_lint_calls_an_error(
    case: str, projects: dict[str, Project], loaded: dict[str, Any]
) -> None:
    errors = [each for each in lint(projects[case], "local") if each.level == "error"]
    assert loaded[case]["said"] == "\n".join(map(str, errors))
    assert loaded[case]["dags"] == ([] if errors else [case])
