"""Many pipelines through a bundle and the real DAG processor: none is lost, none changes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT, VALID
from test_dag_processor import home, process_once, rows  # noqa: F401

from generator.local.airflow import AirflowHome
from generator.project import Project
from generator.shard import shard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COUNT = 300
LOADERS = ["pipelines.py", "pipelines_2.py"]
FILES = "SELECT dag_id, relative_fileloc FROM dag ORDER BY dag_id"
VERSIONS = "SELECT dag_id, count(*) FROM dag_version GROUP BY dag_id HAVING count(*) > 1"


def test_hundreds_of_pipelines_are_all_there_and_stay_as_they_are(
    project: Project,
    write: Callable[[str, str], Path],
    pipelines: Callable[..., Any],
    home: AirflowHome,  # noqa: F811
) -> None:
    names = [f"churn-{number:03}" for number in range(COUNT)]
    for name in names:
        write(f"team-{name[-1]}/{name}", VALID.format(name=name))
    shutil.copy(ROOT / "environments" / "prod.yaml", project.environments)
    done = pipelines("bundle", "--env", "prod")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(project.dags)
    shutil.copytree(project.root / "build" / "bundle" / "prod" / "mwaa" / "dags", project.dags)
    home.variables["PIPELINES_ENV"] = "prod"
    del home.variables["PIPELINES_ROOT"]  # the bundle is a project of its own
    process_once(home)
    assert rows(home, "SELECT filename, stacktrace FROM import_error") == []
    found = rows(home, FILES)
    assert [name for name, _ in found] == names
    assert Counter(file for _, file in found).keys() == set(LOADERS)
    assert all(file == LOADERS[shard(name, len(LOADERS)) - 1] for name, file in found)
    process_once(home)
    assert rows(home, VERSIONS) == []
