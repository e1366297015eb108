"""The commands that bring a project to Amazon MWAA: bundle, deploy, doctor."""

from __future__ import annotations

import argparse

from generator.environment import Environment
from generator.project import Project


class NotPossibleError(Exception):
    """The command cannot work this way; the text says what to do instead."""


def execute(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    """Run the command that ``options`` name and return its exit code."""
    return _COMMANDS[options.command](project, environment, options)


def bundle(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    raise NotPossibleError("not there yet")


def deploy(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    raise NotPossibleError("not there yet")


def doctor(project: Project, environment: Environment, options: argparse.Namespace) -> int:
    raise NotPossibleError("not there yet")


_COMMANDS = {"bundle": bundle, "deploy": deploy, "doctor": doctor}
