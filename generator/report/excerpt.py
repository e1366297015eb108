"""The source line of a problem, cut to fit, and where the carets below it go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.lines import lines
from generator.problem import Problem
from generator.project import Project
from generator.project_file import UnreadableError

_NEVER_SHOWN = "secret"
"""The rule that finds secrets: a line with one must not get into a log."""

_LEAST = 20
"""Columns of source that are shown however narrow the terminal is."""


@dataclass(frozen=True)
class Excerpt:
    """One source line in three parts, of which ``marked`` is what the problem is about."""

    number: int
    before: str
    marked: str
    after: str

    @property
    def gutter(self) -> str:
        return f"  {self.number} | "

    @property
    def margin(self) -> str:
        """What stands in place of the gutter on the line of the carets."""
        return f"  {' ' * len(str(self.number))} | "

    @property
    def indent(self) -> str:
        return " " * _cells(self.before)

    @property
    def carets(self) -> str:
        return "^" * max(1, _cells(self.marked))


def excerpts(problems: Sequence[Problem], project: Project, width: int) -> Iterator[Excerpt | None]:
    """Yield for each problem its excerpt, at most ``width`` columns wide; None without a line.

    A line with a secret in it is shown for no problem.
    """
    hidden = {(each.file, each.line) for each in problems if each.rule == _NEVER_SHOWN}
    texts: dict[str, list[str]] = {}
    for problem in problems:
        if problem.file not in texts:
            texts[problem.file] = _lines(project, problem.file)
        text = texts[problem.file]
        line = text[problem.line - 1] if problem.line <= len(text) else ""
        if not line or line.isspace() or (problem.file, problem.line) in hidden:
            yield None
        else:
            yield _excerpt(problem, line, width)


def _lines(project: Project, file: str) -> list[str]:
    try:
        return lines(project.read_bytes(project.root / file).decode("utf-8-sig"))
    except (UnreadableError, ValueError):  # ValueError: it is not UTF-8, or its name is none
        return []


def _excerpt(problem: Problem, line: str, width: int) -> Excerpt:
    """Cut the line; a third of the room is for what stands before the caret."""
    room = max(_LEAST, width - len(f"  {problem.line} | "))
    before, marked, after = map(_printable, _parts(problem, line, room + 1))
    rest = _cells(marked) + _cells(after)
    before = _end(before, max(room - rest, room // 3))
    room -= _cells(before)
    marked = _start(marked, room - bool(after))
    after = _start(after, room - _cells(marked))
    return Excerpt(problem.line, before, marked, after)


def _parts(problem: Problem, line: str, most: int) -> tuple[str, str, str]:
    """Split the line around what the problem is about, into at most ``most`` characters each.

    More is never shown, and a file may be one line of a million characters with many problems.
    """
    start, end = problem.column - 1, max(problem.column, problem.end_column - 1)
    before = line[max(0, start - most) : start].ljust(min(start, most))
    return before, line[start : min(end, start + most)], line[end : end + most]


def _printable(text: str) -> str:
    """Put a space, one column as before, for what a terminal would obey, hide or refuse."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def _start(text: str, room: int) -> str:
    if _cells(text) <= room:
        return text
    kept, used = "", 1
    for character in text:
        used += _cells(character)
        if used > room:
            break
        kept += character
    return kept + "…" if room > 0 else ""


def _end(text: str, room: int) -> str:
    if _cells(text) <= room:
        return text
    kept, used = "", 1
    for character in reversed(text):
        used += _cells(character)
        if used > room:
            break
        kept = character + kept
    return "…" + kept


def _cells(text: str) -> int:
    """Return how many columns of a terminal the text takes: Chinese characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
