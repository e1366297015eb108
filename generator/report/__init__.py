"""Problems for people and for machines: one module per format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from generator.problem import Problem
from generator.project import Project

FORMATS = ("text", "json", "github", "sarif", "junit")
"""What ``--format`` offers."""


def form_for(form: str, stream: TextIO) -> str:
    """Return ``terminal`` for ``text`` that somebody reads in colour, else ``form``.

    FORCE_COLOR asks for colours where there is no terminal (https://force-color.org).
    """
    if form == "text" and (os.environ.get("FORCE_COLOR") or stream.isatty()):
        return "terminal"
    return form


def render(
    problems: Sequence[Problem], form: str, project: Project, files: Sequence[Path] = ()
) -> str:
    """Return the problems as one of ``FORMATS`` or as ``terminal``.

    ``files`` are the pipeline files that were looked at, for a format that also names good ones.
    A format is imported when it is asked for: lint must start fast.
    """
    if form == "json":
        from generator.report import json

        return json.render(problems)
    if form == "github":
        from generator.report import github

        return github.render(problems)
    if form == "sarif":
        from generator.report import sarif

        return sarif.render(problems, project)
    if form == "junit":
        from generator.report import junit

        return junit.render(problems, project, files)
    if form == "terminal":
        from generator.report import terminal

        return terminal.render(problems, project)
    from generator.report import text

    return text.render(problems, project)


def summary(problems: Sequence[Problem], files: int, form: str = "text") -> str:
    """Return one line: how many files were looked at and what is wrong with them."""
    if form == "terminal":
        from generator.report import terminal

        return terminal.summary(problems, files)
    from generator.report import text

    return text.summary(problems, files)
