"""The program on one screen: files in, problems or a dag-factory configuration out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator import checks, pipeline
from generator.aws_requests.expansion import Expansion
from generator.checks.subject import Subject, trusted
from generator.collection import without_collection
from generator.environment import Environment, examine, load_environment
from generator.everywhere import ALL, together
from generator.expand import expand
from generator.inheritance import Sources
from generator.json_schema.slips import as_written, mended, slips
from generator.problem import Problem
from generator.project import Project
from generator.reading import closed_folder, read_file
from generator.spread import spread
from generator.telling import told
from generator.uniqueness import Uniqueness
from generator.unused_defaults import DefaultsUse
from generator.verdict import Verdict, internal_error


def lint(project: Project, environment: str, paths: Iterable[Path] = ()) -> list[Problem]:
    """Return every problem of the pipelines in ``paths`` (all when empty), sorted, once each.

    The environment ``all`` stands for each of the project's: what only some say names them.
    """
    everywhere = environment == ALL and project.environment_names()
    loaded = [load_environment(project, name) for name in everywhere or [environment]]
    problems = [problem for _, broken in loaded for problem in broken]
    sound = [env for env, _ in loaded if env is not None]
    with without_collection():
        found = [(env, sorted(set(_problems(project, env, paths)))) for env in sound]
    return sorted({*problems, *together(found)})


def _problems(
    project: Project, environment: Environment, paths: Iterable[Path]
) -> Iterator[Problem]:
    defaults = DefaultsUse(project)
    for verdict in judge(project, environment, paths, spread):
        defaults.watch(verdict)
        yield from verdict.problems
    yield from defaults.problems()


def judge(
    project: Project,
    environment: Environment,
    paths: Iterable[Path] = (),
    each: Callable[[Callable[[Path], Verdict], list[Path]], Iterable[Verdict]] = map,
) -> Iterator[Verdict]:
    """Judge each pipeline file; of several with one name or endpoint only the first is built.

    ``each`` is ``map``, or does the same in another way.
    """

    def judge_one(file: Path) -> Verdict:
        return _judge_safely(project, environment, file)

    yield from judge_folders(project, paths)
    unique = Uniqueness(project, judge_one)
    for verdict in each(judge_one, pipeline_files(project, paths)):
        yield unique.checked(verdict)


def judge_folders(project: Project, paths: Iterable[Path] = ()) -> Iterator[Verdict]:
    """Say which folders in ``paths`` (all when empty) may hold pipelines and are not read."""
    chosen = list(paths) or [project.pipelines]
    for folder in sorted({folder for path in chosen for folder in project.closed_folders(path)}):
        yield Verdict(folder, None, (closed_folder(project, folder),))


def _judge_safely(project: Project, environment: Environment, file: Path) -> Verdict:
    """Judge one file; a failure is ours, and must not cost the other pipelines."""
    try:
        return judge_file(project, environment, file)
    except Exception as error:  # anything: one file must never take down another
        return Verdict(file, None, (internal_error(project.shown(file), error),))


def judge_file(project: Project, environment: Environment, file: Path) -> Verdict:
    """load -> inherit -> resolve -> check -> type -> expand, for one pipeline file."""
    readings = [read_file(project, path) for path in (file, *project.defaults_files(file))]
    problems = [problem for reading in readings for problem in reading.problems]
    secrets = [secret for reading in readings for secret in reading.secrets]
    documents = [reading.document for reading in readings if reading.document is not None]
    if len(documents) < len(readings):
        return Verdict(file, None, told(problems, secrets))
    sources = Sources(documents)
    problems += sources.check_defaults(environment)
    merged = sources.merged()
    data, findings = examine(merged, "pipeline", environment)
    sound = trusted(data, findings)
    mistyped = slips(findings)
    written, unresolved, own = (mended(each, mistyped) for each in (data, merged, sources.own.data))
    subject = Subject(sound, written, unresolved, own, file, project.glue_scripts, environment)
    findings += as_written(checks.check(subject), mistyped)
    problems += [sources.place(finding) for finding in findings]
    # Without sources nobody can say more about a file that holds a secret.
    verdict = Verdict(file, None, told(problems, secrets), None if secrets else sources)
    return verdict if verdict.has_errors else _expand(verdict, data, environment)


def _expand(verdict: Verdict, data: dict[str, Any], environment: Environment) -> Verdict:
    """type -> expand -> check the requests, for a pipeline in which nothing else is wrong."""
    built = pipeline.read(data)
    configuration = expand(built, environment)
    refused = checks.check_last(Expansion(data, built, configuration, environment))
    return replace(verdict, pipeline=built, configuration=configuration).adding(refused)


def compile_pipeline(
    project: Project, environment: Environment, file: Path
) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
    """Return the dag-factory configuration of one file, or None and the problems."""
    verdict = judge_file(project, environment, file)
    return verdict.configuration, verdict.problems


def pipeline_files(project: Project, paths: Iterable[Path] = ()) -> list[Path]:
    """Return the pipeline files in ``paths``, all of the project's when empty; sorted."""
    chosen = list(paths) or [project.pipelines]
    files = {file.absolute() for path in chosen for file in project.pipeline_files(path)}
    return sorted(files)
