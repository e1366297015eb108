"""Problems as plain text: each with its source line and a caret."""

from __future__ import annotations

from collections.abc import Sequence

from generator.problem import Problem
from generator.project import Project
from generator.report.excerpt import Excerpt, excerpts

WIDTH = 120
"""Columns that an excerpt may take: nobody says how wide a pipe or a file is."""


def render(problems: Sequence[Problem], project: Project) -> str:
    return "\n\n".join(paragraphs(problems, project))


def paragraphs(problems: Sequence[Problem], project: Project) -> list[str]:
    """Return the text of each problem, without a line break at the end."""
    found = zip(problems, excerpts(problems, project, WIDTH), strict=True)
    return [_with_source(problem, excerpt) for problem, excerpt in found]


def _with_source(problem: Problem, excerpt: Excerpt | None) -> str:
    if excerpt is None:
        return str(problem)
    source = f"{excerpt.gutter}{excerpt.before}{excerpt.marked}{excerpt.after}"
    return f"{problem}\n{source}\n{excerpt.margin}{excerpt.indent}{excerpt.carets}"


def summary(problems: Sequence[Problem], files: int) -> str:
    counts = ", ".join(said for _, said in counted(problems))
    if not counts:
        return f"{looked_at(files)}, no problems"
    return f"{looked_at(files)}, {counts} in {touched(problems)}"


def looked_at(files: int) -> str:
    return _number(files, "pipeline")


def counted(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """Return each level that occurs with how often: ``("error", "2 errors")``."""
    levels = [problem.level for problem in problems]
    return [
        (level, _number(levels.count(level), level))
        for level in ("error", "warning")
        if level in levels
    ]


def touched(problems: Sequence[Problem]) -> str:
    return _number(len({problem.file for problem in problems}), "file")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
