"""Problems in colour, for a terminal: the words of the plain text, and the level of each."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from generator.problem import Problem
from generator.project import Project
from generator.report import text
from generator.report.excerpt import Excerpt, excerpts

_LEVELS = {"error": "bold red", "warning": "bold yellow"}


def render(problems: Sequence[Problem], project: Project) -> str:
    """Return text with escape codes, as far as TERM, COLORTERM and NO_COLOR let rich write any."""
    columns, _ = shutil.get_terminal_size((text.WIDTH, 0))
    found = zip(problems, excerpts(problems, project, columns), strict=True)
    return _painted(Text("\n\n").join(_problem(problem, excerpt) for problem, excerpt in found))


def summary(problems: Sequence[Problem], files: int) -> str:
    line = Text(f"{text.looked_at(files)}, ")
    counts = text.counted(problems)
    if not counts:
        return _painted(line.append("no problems", "bold green"))
    levels = [Text(said, _LEVELS[level]) for level, said in counts]
    return _painted(line.append(Text(", ").join(levels)).append(f" in {text.touched(problems)}"))


def _problem(problem: Problem, excerpt: Excerpt | None) -> Text:
    line = Text()
    line.append(f"{problem.file}:{problem.line}:{problem.column}: ", "cyan")
    line.append(f"{problem.level}: ", _LEVELS[problem.level])
    line.append(problem.message, "bold")
    if problem.hint:
        line.append(f" ({problem.hint})")
    line.append(f" [{problem.rule}]", "dim")
    if excerpt is not None:
        line.append("\n").append(_source(excerpt, _LEVELS[problem.level]))
    return line


def _source(excerpt: Excerpt, style: str) -> Text:
    line = Text()
    line.append(excerpt.gutter, "dim").append(excerpt.before)
    line.append(excerpt.marked, style).append(excerpt.after).append("\n")
    line.append(excerpt.margin, "dim").append(excerpt.indent).append(excerpt.carets, style)
    return line


def _painted(line: Text) -> str:
    """Let rich choose the colours and nothing else: a wrapped path can't be clicked."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, highlight=False, legacy_windows=False)
    console.print(line, soft_wrap=True, end="")
    return stream.getvalue()
