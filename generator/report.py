"""Problems for people and machines: text with the source line, JSON, GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from generator.problem import Problem
from generator.project import Project

Source = Callable[[str], list[str]]
"""Gives the lines of a file by the name that a Problem shows."""


def render(problems: Sequence[Problem], form: str, project: Project) -> str:
    """Return the problems as ``text``, ``json`` or ``github``."""
    if form == "json":
        return json.dumps([asdict(problem) for problem in problems], indent=2)
    if form == "github":
        return "\n".join(_annotation(problem) for problem in problems)
    return "\n\n".join(_with_source(problem, _lines(project, problem.file)) for problem in problems)


def summary(problems: Sequence[Problem], files: int) -> str:
    """Return one line: how many files were looked at and what is wrong with them."""
    looked = f"{files} pipeline{'' if files == 1 else 's'}"
    counts = ", ".join(
        f"{count} {level}{'' if count == 1 else 's'}"
        for level in ("error", "warning")
        if (count := sum(problem.level == level for problem in problems))
    )
    if not counts:
        return f"{looked}, no problems"
    touched = len({problem.file for problem in problems})
    return f"{looked}, {counts} in {touched} file{'' if touched == 1 else 's'}"


def _annotation(problem: Problem) -> str:
    """Write GitHub's workflow command.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    place = f"file={_property(problem.file)},line={problem.line},col={problem.column}"
    return f"::{problem.level} {place},title={_property(problem.rule)}::{_data(problem.sentence)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _lines(project: Project, file: str) -> list[str]:
    try:
        return (project.root / file).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _with_source(problem: Problem, lines: list[str]) -> str:
    text = str(problem)
    if problem.line > len(lines) or not lines[problem.line - 1].strip():
        return text
    line = lines[problem.line - 1]
    shown = "".join(character if character.isprintable() else " " for character in line)
    number = str(problem.line)
    margin = " " * len(number)
    carets = "^" * max(1, min(problem.end_column, len(line) + 1) - problem.column)
    return f"{text}\n  {number} | {shown}\n  {margin} | {' ' * (problem.column - 1)}{carets}"
