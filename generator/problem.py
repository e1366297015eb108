"""What is wrong with a user's file, as a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""Keys and list indices from the top of a document to a value."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in one place; ordered by file, line and column (both 1-based).

    ``path`` is the dotted way to the value (``glue[0].script``), empty for the whole file.
    ``level`` is ``error`` (the pipeline is not built) or ``warning``. The text from ``column`` up
    to but not including ``end_column`` is what the problem is about; ``replacement``, where there
    is one, is the only right thing to write in its place.
    """

    file: str
    line: int
    column: int
    path: str
    rule: str
    message: str
    hint: str = ""
    level: str = "error"
    end_column: int = field(default=0, compare=False)
    replacement: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        level = "" if self.level == "error" else f"{self.level}: "
        return f"{self.file}:{self.line}:{self.column}: {level}{self.sentence} [{self.rule}]"

    @property
    def sentence(self) -> str:
        """The message with its hint."""
        return self.message + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True)
class Finding:
    """A mistake at a path of a document, before anyone has looked up its line.

    ``at_key`` points at the name of the key instead of its value. ``replacement`` is YAML text
    for the key or the scalar that the finding points at, given only where nothing else can be
    meant.
    """

    path: Path
    rule: str
    message: str
    hint: str = ""
    level: str = "error"
    at_key: bool = False
    replacement: str | None = None


class PipelineError(Exception):
    """Carries problems across a boundary that understands only exceptions."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(path: Path) -> str:
    """Write a path the way people do: ``("glue", 0, "script")`` -> ``glue[0].script``."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""
