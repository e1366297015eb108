"""The commands that work on the emulated AWS: run, aws, ui."""

from __future__ import annotations

import argparse
import signal
import sys
from threading import Event

from rich.console import Console

from generator.environment import Environment
from generator.local.airflow import AirflowFailedError
from generator.local.run import Options, run
from generator.local.server import EmulatedAws
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
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        emulated = EmulatedAws(port, environment.values["region"]).start()
    except OSError as error:
        raise NotPossibleError(error.strerror or str(error)) from None
    try:
        print("# The emulated AWS is up until Ctrl-C. Paste this into another terminal:")
        for name, value in emulated.environment.items():
            print(f"export {name}='{value}'")
        print(f"# The jobs' own logs: {emulated.jobs_folder}", flush=True)
        ended.wait()
    finally:
        emulated.stop()
    return 0
