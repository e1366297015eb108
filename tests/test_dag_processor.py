"""The real dag processor and its database: one good pipeline, one broken one."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import airflow_world
import pytest
from examples import VALID

from generator.local.airflow import AirflowHome
from generator.local.processes import Processes
from generator.project import Project

Write = Callable[[str, str], Path]


@pytest.fixture
def home(project: Project, tmp_path: Path) -> AirflowHome:
    home = airflow_world.home(project, tmp_path / "airflow")
    processes = Processes()
    try:
        home.create_database(processes)
    finally:
        processes.close()
        processes.clean_up()
    return home


def process_once(home: AirflowHome) -> None:
    """Let the dag processor parse every file once, as on MWAA."""
    finished = subprocess.run(
        home.command("dag-processor", "--num-runs", "1"),
        env=home.variables,
        cwd=home.folder,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stderr[-4_000:]


def rows(home: AirflowHome, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home.database)) as database:
        return database.execute(query).fetchall()


def test_a_broken_pipeline_is_one_import_error_and_the_good_one_stays_scheduled(
    home: AirflowHome, write: Write
) -> None:
    write("good", VALID.format(name="good"))
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    process_once(home)
    assert rows(home, "SELECT dag_id, is_stale, has_import_errors FROM dag") == [("good", 0, 0)]
    ((file, error),) = rows(home, "SELECT filename, stacktrace FROM import_error")
    assert file.endswith("pipeline_errors.py")
    assert "pipelines/bad.yaml:16:1: 'retires' is not a key of a pipeline" in error
    assert "(did you mean 'retries'?) [unknown-key]" in error


def test_parsing_again_makes_no_new_version_and_mending_clears_the_error(
    home: AirflowHome, write: Write
) -> None:
    write("good", VALID.format(name="good"))
    bad = write("bad", VALID.format(name="bad") + "retires: 3\n")
    process_once(home)
    process_once(home)
    bad.write_text(VALID.format(name="bad"))
    process_once(home)
    assert rows(home, "SELECT filename FROM import_error") == []
    assert rows(home, "SELECT dag_id, is_stale FROM dag ORDER BY dag_id") == [
        ("bad", 0),
        ("good", 0),
    ]
    versions = "SELECT count(*) FROM dag_version WHERE dag_id = 'good'"
    assert rows(home, versions) == [(1,)]
