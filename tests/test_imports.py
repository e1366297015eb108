"""Commands and parses that must be quick import only what they need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import airflow_world
import pytest
from airflow.utils.file import iter_airflow_imports
from examples import ROOT, VALID

from generator.project import Project

LINT = {"croniter", "dateutil", "generator", "jinja2", "markupsafe", "six", "yaml"}
"""The packages that lint of a valid file may import beside Python's own."""

NOT_FOR_LINT = ("multiprocessing", "generator.local", "generator.deployment", "generator.operators")

FOR_HELP = {"generator.local", "generator.local.aws", "generator.local.aws.faults"}
"""The names of the faults, which `pipelines run --help` lists."""

FOR_OTHERS = """
import json, sys
from pathlib import Path
from generator.dag import load_dags
load_dags(Path(sys.argv[1]))
without = sorted(sys.modules)
from dagfactory import dagbuilder
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.standard.operators.python import PythonOperator
whole = [
    dagbuilder.HTTP_OPERATOR_CLASS is HttpOperator,
    PythonOperator in dagbuilder.PYTHON_CALLABLE_CLASSES,
]
print(json.dumps([without, whole]))
"""

PARSE = """
import json, sys
from pathlib import Path
from generator.dag import load_dags, raise_problems
before = set(sys.modules)
raise_problems(Path(sys.argv[1]))
for_errors = set(sys.modules) - before
print(json.dumps([len(load_dags(Path(sys.argv[1]))), sorted(for_errors), sorted(sys.modules)]))
"""


def imported(*arguments: str, project: Project) -> set[str]:
    """Return the modules that `pipelines` imports, as Python itself tells."""
    command = [sys.executable, "-X", "importtime", "-m", "generator", *arguments]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines[1:]}


def packages(modules: set[str]) -> set[str]:
    """Return the packages that are not of Python itself, nor of how it finds ours."""
    tops = {module.partition(".")[0] for module in modules}
    own = {top for top in tops if top in sys.stdlib_module_names or top.startswith("_")}
    # An editable install, a site's own start, and names that are probed for.
    return tops - own - {"org", "sitecustomize", "importedpackage", "distutils-precedence"}


def test_lint_of_a_valid_file_imports_little(
    project: Project, write: Callable[[str, str], Path]
) -> None:
    write("good", VALID.format(name="good"))
    modules = imported("lint", project=project)
    assert "generator.checks" in modules
    assert packages(modules) <= LINT
    assert {module for module in modules if module.startswith(NOT_FOR_LINT)} <= FOR_HELP


@pytest.mark.parametrize("arguments", [["--help"], ["lint", "--help"]], ids=" ".join)
def test_help_imports_no_airflow(project: Project, arguments: list[str]) -> None:
    assert packages(imported(*arguments, project=project)) <= LINT


def test_a_parse_of_what_has_not_changed_imports_neither_yaml_nor_rules(
    project: Project, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    write("good", VALID.format(name="good"))
    home = airflow_world.home(project, tmp_path / "airflow")
    loader = str(project.dags / "pipelines.py")
    _, for_errors, _ = airflow_world.python(home, PARSE, loader, TMPDIR=os.fspath(tmp_path))
    assert "generator.compiler" in for_errors
    dags, for_errors, modules = airflow_world.python(
        home, PARSE, loader, TMPDIR=os.fspath(tmp_path)
    )
    assert (dags, [name for name in for_errors if name.startswith("generator.")]) == (1, [])
    assert not {"generator.compiler", "generator.environment", "generator.checks"} & {*modules}
    assert "generator.dag_builder" in modules
    assert json.dumps(for_errors).count("dagfactory") == 0


def test_a_parse_imports_no_operators_of_others_and_hides_none_from_them(
    project: Project, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    write("good", VALID.format(name="good"))
    home = airflow_world.home(project, tmp_path / "airflow")
    loader = str(project.dags / "pipelines.py")
    imported, whole = airflow_world.python(home, FOR_OTHERS, loader, TMPDIR=os.fspath(tmp_path))
    assert not packages(set(imported)) & {"aiohttp", "sqlparse"}
    assert whole == [True, True]


def test_what_the_loader_needs_of_airflow_is_imported_before_the_fork() -> None:
    """Airflow looks at a file's own statements alone, at none in a block."""
    named = set(iter_airflow_imports(str(ROOT / "dags" / "pipelines.py")))
    assert {
        f"airflow.providers.amazon.aws.operators.{name}" for name in ("glue", "sagemaker")
    } <= named
