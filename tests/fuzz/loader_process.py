"""The DAG loader in processes of its own: what Airflow would get of a file, and be told of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import airflow_world

from generator.project import Project

_CODE = """
import json, sys
from pathlib import Path
from airflow.serialization.serialized_objects import DagSerialization
from generator.compiler import judge
from generator.build import build
from generator.environment import load_environment
from generator.project import Project

project = Project.find()
environments = {name: load_environment(project, name)[0] for name in project.environment_names()}

def load(environment, file):
    (verdict,) = judge(project, environments[environment], [Path(file)])
    dag = verdict.configuration and build(verdict.configuration)
    said = [str(problem) for problem in verdict.problems]
    # Airflow itself iterates over sets, so it sorts the keys before it hashes a DAG, as here.
    return said, dag and json.dumps(DagSerialization.to_dict(dag), sort_keys=True)

for line in sys.stdin:
    try:
        answer = load(*json.loads(line))
    except Exception:
        import traceback
        answer = [["exception"], traceback.format_exc()]
    print("answer", json.dumps(answer), flush=True)
"""


class LoaderProcesses:
    """Two loaders of one project with different hash seeds, which must answer alike."""

    def __init__(self, project: Project, folder: Path) -> None:
        home = airflow_world.home(project, folder)
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-c", _CODE],
                env={**home.variables, "PYTHONHASHSEED": seed},
                cwd=home.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for seed in ("1", "2")
        ]

    def load(self, environment: str, file: Path) -> tuple[list[str], str | None]:
        """Return what the loader says of ``file``, and the DAG serialized where it builds one.

        Each of the two builds its own; AssertionError where theirs differ.
        """
        for process in self._processes:
            assert process.stdin
            process.stdin.write(json.dumps([environment, str(file)]) + "\n")
            process.stdin.flush()
        first, second = [_answer(process) for process in self._processes]
        assert first == second
        problems, dag = first
        assert problems != ["exception"], dag
        return problems, dag

    def close(self) -> None:
        for process in self._processes:
            process.communicate(timeout=60)


def _answer(process: subprocess.Popen[str]) -> Any:
    """Return the next answer; Airflow may print lines of its own before it."""
    assert process.stdout
    for line in process.stdout:
        kind, _, answer = line.partition(" ")
        if kind == "answer":
            return json.loads(answer)
    raise AssertionError(f"the loader died with {process.wait()}")
