"""What the loader files call: a project's pipelines -> Airflow's DAGs, or what is wrong with them.

What costs time to import is imported where it is needed: where nothing has changed since the last
parse, neither YAML nor rules are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from airflow import __version__ as running_version

from generator.cache import Miss, Slot
from generator.collection import without_collection
from generator.project import ENVIRONMENT_VARIABLE, Project

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from generator.environment import Environment
    from generator.problem import Problem
    from generator.verdict import Verdict


Shard = tuple[int, int]
"""Which of how many loader files: ``(1, 1)`` is the only one."""


def load_dags(start: Path, shard: Shard = (1, 1)) -> dict[str, DAG]:
    """Return the DAG of every valid pipeline, or only the one that Airflow is about to run.

    ``start`` is a file inside the project; the variable PIPELINES_ENV names the environment.
    Problems are left to ``raise_problems``.
    """
    project = Project.find(start)
    asked = _asked()
    with without_collection():
        one = _load_one(project, asked) if asked else {}
        return one or _load_all(_slot(project, shard), shard)


def raise_problems(start: Path, shard: Shard = (1, 1)) -> None:
    """Raise one PipelineError that lists every problem of every pipeline, if there is any."""
    project = Project.find(start)
    slot = _slot(project, shard)
    try:
        problems = slot.problems()
    except Miss:
        with without_collection():
            _, problems = _make_all(slot, shard)
    errors = {problem for problem in problems if problem.level == "error"}
    if errors:
        from generator.problem import PipelineError

        raise PipelineError(errors)


def _asked() -> str | None:
    """Return the DAG that a task is about to run, None where all are wanted."""
    try:
        from airflow.sdk import get_parsing_context
    except ImportError:  # Airflow 2
        from airflow.utils.dag_parsing_context import (  # type: ignore[no-redef, import-not-found]
            get_parsing_context,
        )
    return get_parsing_context().dag_id


def _slot(project: Project, shard: Shard) -> Slot:
    """Return where what this Airflow makes of the project is kept."""
    environment = os.environ.get(ENVIRONMENT_VARIABLE, "")
    return Slot(project, [environment, running_version, *map(str, shard)])


def _load_all(slot: Slot, shard: Shard) -> dict[str, DAG]:
    """Build every DAG, from what an earlier parse has kept if nothing has changed since."""
    from generator.build import build

    try:
        return {dag.dag_id: dag for dag in map(build, slot.configurations())}
    except Exception:  # a Miss, or what must be said of a file: both are seen again here
        return _make_all(slot, shard)[0]


def _make_all(slot: Slot, shard: Shard) -> tuple[dict[str, DAG], list[Problem]]:
    """Judge and build every pipeline and keep what comes of it."""
    from generator.verdict import INTERNAL_ERROR

    dags: dict[str, DAG] = {}
    project = slot.project
    environment, problems = _environment(project)
    if environment is None:
        return {}, problems
    with slot.record() as record:
        for verdict in _verdicts(project, environment, shard):
            problems += verdict.problems
            try:
                dags |= _built(verdict)
            except Exception as error:  # anything: one pipeline must never take down another
                problems.append(_failure(project, verdict, error))
            else:
                if verdict.configuration is not None:
                    record.add(verdict.configuration)
        # A bug may be gone with the next operator or dag-factory, of which the slot knows nothing.
        if not any(problem.rule == INTERNAL_ERROR for problem in problems):
            record.finish(problems)
    return dags, problems


def _verdicts(project: Project, environment: Environment, shard: Shard) -> Iterator[Verdict]:
    """Judge the pipelines of a shard; the first one also tells of folders that are not read."""
    from generator.compiler import judge, judge_folders
    from generator.shard import shard as shard_of

    own, count = shard
    if count == 1:
        yield from judge(project, environment)
        return
    if own == 1:
        yield from judge_folders(project)
    files = [file for file in project.pipeline_files() if shard_of(file.stem, count) == own]
    if files:  # none would mean all of them
        yield from judge(project, environment, files)


def _load_one(project: Project, dag_id: str) -> dict[str, DAG]:
    """Build only the DAG that a task is about to run; nothing where its file has mistakes.

    Whether another pipeline serves its endpoint was asked before it was scheduled.
    """
    from generator.compiler import judge_file

    environment, _ = _environment(project)
    file = next((file for file in project.pipeline_files() if file.stem == dag_id), None)
    if environment is None or file is None:
        return {}
    try:
        return _built(judge_file(project, environment, file))
    except Exception:  # anything: the whole build isolates it
        return {}


def _built(verdict: Verdict) -> dict[str, DAG]:
    from generator.build import build

    dags = [] if verdict.configuration is None else [build(verdict.configuration)]
    return {dag.dag_id: dag for dag in dags}


def _failure(project: Project, verdict: Verdict, error: Exception) -> Problem:
    from generator.verdict import internal_error

    return internal_error(project.shown(verdict.file), error)


def _environment(project: Project) -> tuple[Environment | None, list[Problem]]:
    """Return the environment that this Airflow belongs to; there is no default to fall into."""
    from generator.airflow_version import nearest
    from generator.environment import load_environment
    from generator.problem import Problem

    name = os.environ.get(ENVIRONMENT_VARIABLE)
    if name:
        environment, problems = load_environment(project, name)
        return environment and replace(environment, airflow=nearest(running_version)), problems
    message = f"the variable {ENVIRONMENT_VARIABLE} is not set, so nothing was built"
    hint = "set it to one of " + ", ".join(project.environment_names())
    return None, [Problem("environments", 1, 1, "", "unknown-environment", message, hint)]
