"""The commands that work on the emulated AWS: run, aws, ui."""

from __future__ import annotations

import argparse
import sys

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
    console = Console(highlight=False)
    try:
        if options.command == "aws":
            return _aws(environment, options.port)
        if options.command == "ui":
            serve(project, environment, options.port, console)
            return 0
        choices = Options(options.report, options.keep, options.logs)
        return 0 if run(project, environment, options.name, choices, console) else 1
    except (NotLocalError, FileNotFoundError) as error:
        raise NotPossibleError(str(error)) from None
    except AirflowFailedError as error:
        print(f"pipelines: Airflow did not start:\n{error}", file=sys.stderr)
        return 1


def _aws(environment: Environment, port: int) -> int:
    try:
        aws = EmulatedAws(port, environment.values["region"]).start()
    except OSError as error:
        raise NotPossibleError(error.strerror or str(error)) from None
    stay(aws, "# The emulated AWS is up until Ctrl-C. Paste this into another terminal:")
    return 0
