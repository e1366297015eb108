"""The program on one screen: files in, problems or a dag-factory configuration out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from generator import checks, pipeline
from generator.checks.subject import Subject, trusted
from generator.document import Document
from generator.environment import Environment, examine, load_environment, read_file
from generator.expand import expand
from generator.inheritance import Sources
from generator.problem import Problem
from generator.project import Project
from generator.uniqueness import Uniqueness
from generator.verdict import Verdict, internal_error


def lint(project: Project, environment: str, paths: Iterable[Path] = ()) -> list[Problem]:
    """Return every problem of the pipelines in ``paths`` (all when empty), sorted, once each."""
    env, problems = load_environment(project, environment)
    if env is not None:
        problems = [found for each in judge(project, env, paths) for found in each.problems]
    return sorted(set(problems))


def judge(
    project: Project, environment: Environment, paths: Iterable[Path] = ()
) -> Iterator[Verdict]:
    """Judge each pipeline file; of several with one name or endpoint only the first is built."""
    unique = Uniqueness(project)
    for file in pipeline_files(project, paths):
        yield unique.checked(_judge_safely(project, environment, file))


def _judge_safely(project: Project, environment: Environment, file: Path) -> Verdict:
    """Judge one file; a failure is ours, and must not cost the other pipelines."""
    try:
        return judge_file(project, environment, file)
    except Exception as error:  # anything: one file must never take down another
        return Verdict(file, None, (internal_error(project.shown(file), error),))


def judge_file(project: Project, environment: Environment, file: Path) -> Verdict:
    """load -> inherit -> resolve -> check -> type, for one pipeline file."""
    documents = [read_file(project, path) for path in (file, *project.defaults_files(file))]
    unreadable = [document for document in documents if isinstance(document, Problem)]
    if unreadable:
        return Verdict(file, None, tuple(unreadable))
    sources = Sources([document for document in documents if isinstance(document, Document)])
    problems = sources.check_defaults(environment)
    data, findings = examine(sources.merged(), "pipeline", environment)
    sound = trusted(data, findings)
    findings += checks.check(Subject(sound, data, file, project.glue_scripts, environment))
    problems += [sources.place(finding) for finding in findings]
    errors = any(problem.level == "error" for problem in problems)
    built = None if errors else pipeline.read(data)
    return Verdict(file, built, tuple(sorted(set(problems))), sources)


def compile_pipeline(
    project: Project, environment: Environment, file: Path
) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
    """Return the dag-factory configuration of one file, or None and the problems."""
    verdict = judge_file(project, environment, file)
    if verdict.pipeline is None:
        return None, verdict.problems
    return expand(verdict.pipeline, environment), verdict.problems


def pipeline_files(project: Project, paths: Iterable[Path] = ()) -> list[Path]:
    """Return the pipeline files in ``paths``, all of the project's when empty; sorted."""
    chosen = list(paths) or [project.pipelines]
    files = {file.absolute() for path in chosen for file in project.pipeline_files(path)}
    return sorted(files)
