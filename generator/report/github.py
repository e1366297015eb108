"""Problems as annotations of a pull request: GitHub's workflow commands.

A problem is one line, so of GitHub's escapes those for line breaks are not needed.
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Sequence

from generator.problem import Problem


def render(problems: Sequence[Problem]) -> str:
    return "\n".join(_annotation(problem) for problem in problems)


def _annotation(problem: Problem) -> str:
    place = f"file={_property(problem.file)},line={problem.line},col={problem.column}"
    if problem.end_column:
        place += f",endColumn={problem.end_column}"
    return f"::{problem.level} {place},title={_property(problem.rule)}::{_data(problem.sentence)}"


def _data(text: str) -> str:
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
