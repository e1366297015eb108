"""dag-factory configuration -> Airflow DAG; the only module that imports Airflow.

dag-factory's public loader hides a broken file, reads YAML slowly and runs what YAML names;
its ``DagBuilder`` does none of that when it is given data (see docs/architecture.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from airflow import __version__ as running_version
from dagfactory.dagbuilder import DagBuilder

from generator.airflow_version import nearest
from generator.compiler import judge
from generator.environment import VARIABLE, Environment, load_environment
from generator.problem import PipelineError, Problem
from generator.project import Project
from generator.verdict import Verdict, internal_error

try:
    from airflow.sdk import DAG, get_parsing_context
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG  # type: ignore[no-redef]
    from airflow.utils.dag_parsing_context import (  # type: ignore[no-redef, import-not-found]
        get_parsing_context,
    )

_TYPES = frozenset(
    {
        "datetime.timedelta",
        "airflow.sdk.Param",
        "airflow.models.param.Param",
        "airflow.timetables.trigger.CronTriggerTimetable",
    }
)
"""The only types that a configuration can ask for with ``__type__``."""


def load_dags(start: Path) -> dict[str, DAG]:
    """Return the DAG of every valid pipeline, or only the one that Airflow is about to run.

    ``start`` is a file inside the project; the variable PIPELINES_ENV names the environment.
    Problems are left to ``raise_problems``.
    """
    project = Project.find(start)
    env, _ = _environment(project)
    if env is None:
        return {}
    asked = get_parsing_context().dag_id
    files = [file for file in project.pipeline_files() if file.stem == asked] if asked else []
    dags, _ = _build(judge(project, env, files), project)
    if files and asked not in dags:
        dags, _ = _build(judge(project, env), project)
    return dags


def raise_problems(start: Path) -> None:
    """Raise one PipelineError that lists every problem of every pipeline, if there is any."""
    project = Project.find(start)
    env, problems = _environment(project)
    if env is not None:
        verdicts = list(judge(project, env))
        _, failures = _build(verdicts, project)
        problems = [*(found for each in verdicts for found in each.problems), *failures]
    errors = {problem for problem in problems if problem.level == "error"}
    if errors:
        raise PipelineError(errors)


def build(configuration: dict[str, Any]) -> DAG:
    """Build the DAG of one expanded configuration ``{dag_id: {…}}``, which stays as it is.

    DagBuilder takes callbacks to pieces, also one that several tasks share.
    """
    ((dag_id, config),) = _copy(configuration).items()
    return DagBuilder(dag_id, _typed(config), {}).build()["dag"]


def _copy(data: Any) -> Any:
    """Return a copy whose mappings and lists are nowhere the same ones."""
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _environment(project: Project) -> tuple[Environment | None, list[Problem]]:
    """Return the environment that this Airflow belongs to; there is no default to fall into."""
    name = os.environ.get(VARIABLE)
    if name:
        environment, problems = load_environment(project, name)
        return environment and replace(environment, airflow=nearest(running_version)), problems
    message = f"the variable {VARIABLE} is not set, so nothing was built"
    hint = "set it to one of " + ", ".join(project.environment_names())
    return None, [Problem("environments", 1, 1, "", "unknown-environment", message, hint)]


def _build(verdicts: Iterable[Verdict], project: Project) -> tuple[dict[str, DAG], list[Problem]]:
    """Build what is valid; a failure is ours, and must not cost the other pipelines."""
    dags, failures = {}, []
    for verdict in verdicts:
        if verdict.configuration is None:
            continue
        try:
            dag = build(verdict.configuration)
            dags[dag.dag_id] = dag
        except Exception as error:  # anything: one pipeline must never take down another
            failures.append(internal_error(project.shown(verdict.file), error))
    return dags, failures


def _typed(config: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which the marked places hold Airflow's types.

    Only these places are looked at: a user's own data is never taken for a type.
    """
    typed = {
        **config,
        "default_args": _typed_values(config["default_args"]),
        "schedule": _typed_value(config["schedule"]),
    }
    typed["tasks"] = {name: _typed_values(task) for name, task in config["tasks"].items()}
    if "params" in config:
        typed["params"] = _typed_values(config["params"])
    return typed


def _typed_values(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _typed_value(value) for key, value in values.items()}


def _typed_value(value: Any) -> Any:
    if not isinstance(value, dict) or "__type__" not in value:
        return value
    arguments = {key: each for key, each in value.items() if key != "__type__"}
    return _type(value["__type__"])(**arguments)


@cache
def _type(name: str) -> Callable[..., Any]:
    if name not in _TYPES:
        raise ValueError(f"a configuration may not ask for {name}")
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)
