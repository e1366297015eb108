"""The commands that bring a project to Amazon MWAA: bundle, deploy, doctor."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from rich.console import Console

from generator import report
from generator.airflow_version import nearest
from generator.compiler import lint
from generator.deployment.bundle import Bundle, IncompleteProjectError, assemble
from generator.deployment.folder import ForeignFolderError, write
from generator.deployment.requirements import NoWheelsError, plugins
from generator.environment import Environment
from generator.project import Project


class NotPossibleError(Exception):
    """The command cannot work this way; the text says what to do instead."""


def execute(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    """Run the command that ``options`` name and return its exit code."""
    return _COMMANDS[options.command](project, environment, options)


def bundle(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    if options.airflow_version:
        environment = replace(environment, airflow=nearest(options.airflow_version))
    made = _bundle(project, environment, options.offline)
    if made is None:
        return 1
    folder = options.output or project.root / "build" / "bundle" / environment.name
    try:
        write(made, environment, folder)
    except ForeignFolderError as error:
        raise NotPossibleError(str(error)) from None
    except OSError as error:
        raise NotPossibleError(f"cannot write {folder}: {error.strerror}") from None
    files = [*made.mwaa.values(), *made.artifacts.values()]
    size = f"{len(files)} files, {sum(map(len, files)) / 1000:,.0f} kB"
    print(f"wrote {folder} for Airflow {environment.airflow.name}: {size}")
    return 0


def deploy(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    if "mwaa" not in environment.values:
        shown = project.shown(project.environment_file(environment.name))
        raise NotPossibleError(f"{shown} has no section 'mwaa', so there is nowhere to deploy to")
    try:
        from generator.deployment.deploy import DeployError, Deployment
    except ImportError as error:
        raise _not_installed(error) from None
    made = _bundle(project, environment, options.offline)
    if made is None:
        return 1
    console = Console(highlight=False, soft_wrap=True)
    try:
        return 0 if Deployment(made, environment).run(console, options.dry_run) else 1
    except DeployError as error:
        print(f"pipelines: {error}", file=sys.stderr)
        return 1


def _bundle(project: Project, environment: Environment, offline: bool) -> Bundle | None:
    """Return the bundle of a project without errors; None, and say what they are, with some."""
    problems = [each for each in lint(project, environment.name) if each.level == "error"]
    if problems:
        form = report.form_for("text", sys.stderr)
        print(report.render(problems, form, project), file=sys.stderr)
        return None
    try:
        return assemble(project, environment, plugins() if offline else None)
    except (IncompleteProjectError, NoWheelsError) as error:
        raise NotPossibleError(str(error)) from None


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
