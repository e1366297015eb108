"""The commands that bring a project to Amazon MWAA: bundle, deploy, doctor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace

from generator import report
from generator.airflow_version import nearest
from generator.compiler import judge
from generator.deployment.bundle import Bundle, IncompleteProjectError, make_bundle
from generator.deployment.folder import NotWritableError, write_bundle
from generator.deployment.requirements import NoWheelsError, download_wheels
from generator.deployment.wording import count, size
from generator.environment import Environment
from generator.problem import Problem
from generator.project import Project
from generator.verdict import INTERNAL_ERROR


class NotPossibleError(Exception):
    """The command cannot work this way; the text says what to do instead."""


def execute(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    """Run the command that ``options`` name and return its exit code."""
    return _COMMANDS[options.command](project, environment, options)


def bundle(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    if options.airflow_version:
        environment = replace(environment, airflow=nearest(options.airflow_version))
    made = _bundle(project, environment, options.offline)
    if isinstance(made, int):
        return made
    folder = options.output or project.root / "build" / "bundle" / environment.name
    try:
        write_bundle(made, folder)
    except NotWritableError as error:
        raise NotPossibleError(str(error)) from None
    contents = [*made.mwaa.values(), *made.artifacts.values()]
    files = f"{count(len(contents), 'file')}, {size(sum(map(len, contents)))}"
    print(f"wrote {project.shown(folder)} for Airflow {made.airflow}: {files}")
    return 0


def deploy(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    if "mwaa" not in environment.values:
        shown = project.shown(project.environment_file(environment.name))
        raise NotPossibleError(
            f"{shown} has no section mwaa, so there is nowhere to deploy to; "
            "add it with `environment` and `bucket`"
        )
    try:
        from generator.deployment import deploy as deployment
    except ImportError as error:
        raise _not_installed(error) from None
    made = _bundle(project, environment, options.offline)
    if isinstance(made, int):
        return made
    try:
        return deployment.deploy(project, environment, made, options.dry_run)
    except deployment.NotThereError as error:
        raise NotPossibleError(str(error)) from None
    except deployment.RefusedError as error:
        print(f"pipelines: {error}", file=sys.stderr)
        return 1


def _bundle(project: Project, environment: Environment, offline: bool) -> Bundle | int:
    """Return the bundle of a project without an error, or the exit code that says why not."""
    problems = [each for verdict in judge(project, environment) for each in verdict.problems]
    if code := _refused(project, problems):
        return code
    try:
        wheels = download_wheels(environment.airflow.name) if offline else None
        return make_bundle(project, environment, wheels)
    except IncompleteProjectError as error:
        raise NotPossibleError(str(error)) from None
    except NoWheelsError as error:
        print(f"pipelines: {error}", file=sys.stderr)
        return 1


def _refused(project: Project, problems: Iterable[Problem]) -> int:
    """Print what lint has to say, and return its exit code: an error stops everything."""
    found = sorted(set(problems))
    if found:
        text = report.render(found, report.form_for("text", sys.stderr), project)
        print(text, file=sys.stderr)
    if any(problem.rule == INTERNAL_ERROR for problem in found):
        return 3
    errors = sum(problem.level == "error" for problem in found)
    if errors:
        print(f"\nnothing was done: {count(errors, 'error')}, see above", file=sys.stderr)
    return int(bool(errors))


def _not_installed(error: ImportError) -> NotPossibleError:
    return NotPossibleError(
        f"{error.name} is not installed; run `make install`, or install the extra `deploy`"
    )


def doctor(project: Project, environment: Environment, _options: argparse.Namespace) -> int:
    try:
        from generator.deployment.doctor import NotThereError, diagnose
    except ImportError as error:
        raise _not_installed(error) from None
    try:
        return diagnose(project, environment)
    except NotThereError as error:
        raise NotPossibleError(str(error)) from None


_COMMANDS = {"bundle": bundle, "deploy": deploy, "doctor": doctor}
