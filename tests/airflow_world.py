"""A real Airflow for tests: a home with a migrated database, and child processes in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from examples import share_database

from generator.local.airflow import AirflowHome
from generator.project import Project

NO_AWS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "us-east-1"}


def home(project: Project, folder: Path, environment: str = "local") -> AirflowHome:
    """Return an Airflow home in ``folder`` that reads ``project``; no AWS is reachable."""
    folder.mkdir(parents=True, exist_ok=True)
    share_database(project)
    return AirflowHome(project, environment, NO_AWS, folder)


def python(home: AirflowHome, code: str, *arguments: str, **variables: str) -> Any:
    """Run ``code`` in a new interpreter of ``home`` and return the JSON of its last line."""
    finished = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**home.variables, **variables},
        cwd=home.folder,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stderr[-4_000:]
    return json.loads(finished.stdout.splitlines()[-1])


LOAD = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(sys.argv[1])
dags = {name: DagSerialization.to_dict(dag) for name, dag in sorted(bag.dags.items())}
print(json.dumps({
    "errors": bag.import_errors,
    "dags": dags,
    "hashes": {name: SerializedDagModel.hash(dag) for name, dag in dags.items()},
}))
"""
"""Load a dags folder as Airflow does; print import errors, serialized DAGs and their hashes."""
