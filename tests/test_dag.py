"""Configurations become real Airflow DAGs, the same ones in every process."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow_world
import pytest
from airflow_world import LOAD
from examples import ROOT, VALID

from generator.aws_requests.requests import CONTENT, NUMBER
from generator.project import Project

Write = Callable[[str, str], Path]

ASKED = """
import json, sys
from airflow.sdk.definitions._internal.dag_parsing_context import _airflow_parsing_context_manager
from generator.dag import load_dags
from pathlib import Path
with _airflow_parsing_context_manager(dag_id=sys.argv[2], task_id=None):
    print(json.dumps(sorted(load_dags(Path(sys.argv[1])))))
"""

RENDER = """
import json, sys
from datetime import datetime, timezone
from types import SimpleNamespace
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.execution_time.macros import __name__ as macros_name
macros = sys.modules[macros_name]
dag = DagBag(sys.argv[1]).dags[sys.argv[2]]
names = {}
for run_id in ("manual__2026-01-05T06:00:00+00:00", "x" * 250, "scheduled__2026-01-05"):
    context = {
        "run_id": run_id,
        "macros": macros,
        "dag_run": SimpleNamespace(
            dag_id=dag.dag_id, run_after=datetime(2026, 1, 5, tzinfo=timezone.utc)
        ),
        "ti": SimpleNamespace(try_number=int(sys.argv[3])),
    }
    task = dag.get_task("train").prepare_for_execution()
    task.render_template_fields(context)
    names[run_id] = task.config["TrainingJobName"]
print(json.dumps(names))
"""


@pytest.fixture(scope="module")
def repository_dags(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Load the repository's dags folder in a new process with a given PYTHONHASHSEED."""
    project = Project(Path(__file__).resolve().parents[1])
    home = airflow_world.home(project, tmp_path_factory.mktemp("airflow"))

    def load(seed: str) -> dict[str, Any]:
        return airflow_world.python(home, LOAD, str(project.dags), PYTHONHASHSEED=seed)

    return load


def test_two_processes_serialize_the_same_bytes(
    repository_dags: Callable[[str], dict[str, Any]],
) -> None:
    first, second = repository_dags("1"), repository_dags("2")
    assert first["errors"] == {}
    assert list(first["dags"]) == ["customer-churn"]
    # Airflow itself iterates over sets, so it sorts the keys before it hashes a DAG, as here.
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert first["hashes"] == second["hashes"]


def test_the_churn_dag_has_its_tasks_in_a_row_with_explicit_waits(
    repository_dags: Callable[[str], dict[str, Any]],
) -> None:
    dag = repository_dags("0")["dags"]["customer-churn"]["dag"]
    tasks = {task["__var"]["task_id"]: task["__var"] for task in dag["tasks"]}
    order = [
        *("glue_prepare", "train", "evaluate", "create_model", "create_endpoint_config"),
        *("deploy", "verify", "smoke_test", "clean_up"),
    ]
    assert list(tasks) == order
    for upstream, downstream in itertools.pairwise(order):
        assert tasks[upstream]["downstream_task_ids"] == [downstream]
    for task in tasks.values():
        assert task["execution_timeout"] > 0


def test_a_broken_pipeline_leaves_the_others_and_is_one_import_error(
    project: Project, write: Write, tmp_path: Path
) -> None:
    write("good", VALID.format(name="good"))
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    write("worse", "name: [")
    loaded = airflow_world.python(
        airflow_world.home(project, tmp_path / "airflow"), LOAD, str(project.dags)
    )
    assert list(loaded["dags"]) == ["good"]
    ((file, error),) = loaded["errors"].items()
    assert file.endswith("pipeline_errors.py")
    assert "pipelines/bad.yaml:16:1: 'retires' is not a key of a pipeline" in error
    assert "pipelines/worse.yaml:1:8: not valid YAML" in error


def test_the_parts_work_side_by_side_in_one_dags_folder_as_on_mwaa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dags = tmp_path / "dags"
    shutil.copytree(ROOT / "dags", dags)
    for part in ("generator", "schemas", "pipelines", "environments", "glue_scripts"):
        shutil.copytree(ROOT / part, dags / part)
    (dags / ".airflowignore").write_text("generator/\nglue_scripts/\n")
    home = airflow_world.home(Project(dags), tmp_path / "airflow", "prod")
    alone = {"PYTHONPATH": str(dags), "PIPELINES_ROOT": ""}
    loaded = airflow_world.python(home, LOAD, str(dags), **alone)
    assert loaded["errors"] == {}
    assert list(loaded["dags"]) == ["customer-churn"]


def test_every_valid_golden_pipeline_becomes_a_dag(project: Project, tmp_path: Path) -> None:
    golden = Path(__file__).parent / "golden" / "lint"
    names = []
    for case in golden.glob("valid*.yaml"):
        (project.pipelines / case.name).write_text(case.read_text("utf-8"), "utf-8")
        names.append(case.stem)
    loaded = airflow_world.python(
        airflow_world.home(project, tmp_path / "airflow"), LOAD, str(project.dags)
    )
    assert loaded["errors"] == {}
    assert list(loaded["dags"]) == sorted(names)


def test_a_worker_builds_only_the_dag_that_it_is_about_to_run(
    project: Project, write: Write, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        write(name, VALID.format(name=name))
    home = airflow_world.home(project, tmp_path / "airflow")
    loader = str(project.dags / "pipelines.py")
    assert airflow_world.python(home, ASKED, loader, "two") == ["two"]
    assert airflow_world.python(home, ASKED, loader, "unknown") == ["one", "two"]


def test_job_names_fit_whatever_the_run(project: Project, write: Write, tmp_path: Path) -> None:
    longest = "a" * 50
    write(longest, VALID.format(name=longest))
    home = airflow_world.home(project, tmp_path / "airflow")
    names = airflow_world.python(home, RENDER, str(project.dags), longest, "999")
    assert len(set(names.values())) == 3
    for name in names.values():
        # A number follows, and in the names of what is made of the job a hash.
        assert len(name) <= 63 - len(NUMBER) - len(CONTENT)


def test_a_failure_to_build_is_reported_and_costs_nobody_else_anything(
    project: Project, write: Write, tmp_path: Path
) -> None:
    write("good", VALID.format(name="good"))
    write("odd", VALID.format(name="odd"))
    code = """
import json, sys
from pathlib import Path
import generator.build, generator.dag as module
build = generator.build.build
def fail(configuration):
    if "odd" in configuration:
        raise RuntimeError("no such operator")
    return build(configuration)
generator.build.build = fail
dags = sorted(module.load_dags(Path(sys.argv[1])))
try:
    module.raise_problems(Path(sys.argv[1]))
    said = ""
except Exception as error:
    said = str(error)
print(json.dumps([dags, said]))
"""
    home = airflow_world.home(project, tmp_path / "airflow")
    dags, said = airflow_world.python(home, code, str(project.dags / "pipelines.py"))
    assert dags == ["good"]
    assert "pipelines/odd.yaml:1:1: this file fails in an unexpected way" in said
    assert "RuntimeError: no such operator" in said
    assert "[internal-error]" in said


def test_without_an_environment_nothing_is_built_and_airflow_says_why(
    project: Project, write: Write, tmp_path: Path
) -> None:
    write("good", VALID.format(name="good"))
    home = airflow_world.home(project, tmp_path / "airflow")
    loaded = airflow_world.python(home, LOAD, str(project.dags), PIPELINES_ENV="")
    assert loaded["dags"] == {}
    (error,) = loaded["errors"].values()
    assert "PIPELINES_ENV is not set" in error
    assert "set it to one of dev, local, prod" in error


def test_params_become_airflow_params_with_their_rules(
    project: Project, write: Write, tmp_path: Path
) -> None:
    write(
        "asks",
        VALID.format(name="asks") + "params: {share: {type: number, default: 0.5, maximum: 1}}\n",
    )
    loaded = airflow_world.python(
        airflow_world.home(project, tmp_path / "airflow"), LOAD, str(project.dags)
    )
    text = json.dumps(loaded["dags"]["asks"]["dag"]["params"])
    assert "0.5" in text
    assert "maximum" in text


@pytest.mark.parametrize(
    "command", [["lint"], ["show", "good"], ["graph", "good"], ["new", "another"]]
)
def test_lint_show_graph_and_new_import_no_airflow(
    project: Project, write: Write, command: list[str]
) -> None:
    write("good", VALID.format(name="good"))
    code = (
        "import sys; from generator.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'airflow', 'dagfactory', 'boto3', 'moto', 'pyspark', 'xgboost', 'sagemaker'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=project.root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (finished.returncode, finished.stderr) == (0, "[]\n")
