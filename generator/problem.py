"""What is wrong with a user's file, as a value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""Keys and list indices from the top of a document to a value."""

HOPELESS = 200
"""Findings in one file: where there are as many, nothing that the file says can be trusted."""

QUOTED = '"…"'
"""As a finding's replacement: the very text that is written there, in quotes."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in one place; ordered by file, line and column (both 1-based).

    ``path`` is the dotted way to the value (``glue[0].script``), empty for the whole file.
    Whatever message and hint quote, each is one line that can be shown anywhere.
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

    def __post_init__(self) -> None:
        for name, most in _LONGEST.items():
            text = getattr(self, name)
            if len(text) > most or not text.isprintable():
                object.__setattr__(self, name, _one_line(text, most))

    def __str__(self) -> str:
        level = "" if self.level == "error" else f"{self.level}: "
        return f"{self.file}:{self.line}:{self.column}: {level}{self.sentence} [{self.rule}]"

    @property
    def sentence(self) -> str:
        """The message with its hint."""
        return self.message + (f" ({self.hint})" if self.hint else "")


_LONGEST = {"file": 1_000, "message": 1_000, "hint": 3_000}
"""Characters of each text of a problem; what would be longer loses its middle."""


def _one_line(text: str, most: int) -> str:
    """Return a text without what breaks lines or cannot be seen, and not too long."""
    if len(text) > most:
        text = text[: most * 2 // 3] + " … " + text[-most // 4 :]
    return visible(text.translate(_SPACES))


def visible(text: str) -> str:
    """Return a text with the characters that cannot be shown as they are escaped."""
    if text.isprintable():
        return text
    return "".join(
        each
        if each.isprintable()
        else each.encode("unicode_escape", "surrogatepass").decode("ascii")
        for each in text
    )


_SPACES = str.maketrans("\n\r\t", "   ")


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
    """Return ``did you mean 'x'?`` for the nearest known word or two, or an empty string."""
    nearest = _nearest(word, known)
    near = [f"'{each}'" for likeness, each in nearest if likeness > nearest[0][0] - _APART]
    if not near or len(near) > 2 or nearest[0][0] < _LITTLE:
        return ""
    return f"did you mean {' or '.join(near)}?{_look_alike(word, near[0])}"


def _look_alike(word: str, meant: str) -> str:
    """Name the letter of another alphabet that makes a word differ from one that looks alike."""
    other = next((each for each in word if not each.isascii() and each not in meant), "")
    if not other or not other.isprintable():
        return ""
    name = unicodedata.name(other, "another letter").lower()
    return f" The {other} in it is U+{ord(other):04X}, {name}"


_LITTLE = 0.6
_ALIKE = 0.8
_APART = 0.05


def only_match(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` is a slip of, None where another could be meant.

    A word with another number in it is no slip of the pen.
    """
    (best, match), (second, _) = [*_nearest(word, known), (0.0, ""), (0.0, "")][:2]
    numbers = (re.findall("[0-9]", each) for each in (word, match))
    sure = best >= _ALIKE and best - second >= _APART
    return match if sure and next(numbers) == next(numbers) else None


def _nearest(word: str, known: Iterable[str]) -> list[tuple[float, str]]:
    """Return how alike each known word is, from 0 to 1, most alike first; case counts nothing.

    Whether two words are a little alike does not matter, so that is 0, and found out quickly.
    """
    import difflib  # here, because a DAG loader without mistakes needs none

    one = word.casefold().replace("-", "_")
    matcher = difflib.SequenceMatcher(None, "", one)

    def likeness(each: str) -> float:
        other = each.casefold().replace("-", "_")
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() < _LITTLE or matcher.quick_ratio() < _LITTLE:
            return 0.0
        return difflib.SequenceMatcher(None, one, other).ratio()

    return sorted(
        ((likeness(each), each) for each in set(known)), key=lambda pair: (-pair[0], pair[1])
    )
