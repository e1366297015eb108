"""The commands that work on the emulated AWS: run, aws, ui."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from generator.environment import Environment
from generator.local.airflow import AirflowFailedError
from generator.local.aws.server import EmulatedAws, stay
from generator.local.run import Options, run
from generator.local.session import NotLocalError
from generator.local.ui import serve
from generator.project import Project


class NotPossibleError(Exception):
    """The command cannot work this way; the text says what to do instead."""


def execute(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    """Run the command that ``options`` name and return its exit code."""
    # A file or pipe has no width of its own; 80 would break the tables.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    try:
        if options.command == "aws":
            return _aws(environment, options.port, options.fault)
        if options.command == "ui":
            serve(project, environment, options.port, console)
            return 0
        _refuse_unwritable(options.report)
        choices = Options(options.report, options.keep, options.logs, tuple(options.fault))
        return 0 if run(project, environment, options.name, choices, console) else 1
    except (NotLocalError, FileNotFoundError) as error:
        raise NotPossibleError(str(error)) from None
    except AirflowFailedError as error:
        print(f"pipelines: Airflow did not start:\n{error}", file=sys.stderr)
        return 1


def _refuse_unwritable(report: Path | None) -> None:
    """Say now that the report cannot be written, not after a minute's work."""
    try:
        if report is not None:
            report.parent.mkdir(parents=True, exist_ok=True)
            report.open("a").close()
    except OSError as error:
        raise NotPossibleError(f"cannot write {report}: {error.strerror}") from None


def _aws(environment: Environment, port: int, faults: list[str]) -> int:
    try:
        aws = EmulatedAws(port, environment.values["region"], faults).start()
    except OSError as error:
        raise NotPossibleError(error.strerror or str(error)) from None
    stay(aws, "# The emulated AWS is up until Ctrl-C. Paste this into another terminal:")
    return 0
