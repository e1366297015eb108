"""The lines of a text as editors and GitHub count them."""

from __future__ import annotations

import re
from bisect import bisect_right

_BREAK = re.compile(r"\r\n|[\n\r]")


def lines(text: str) -> list[str]:
    """Return the lines of a text without their ends; more ends a line to str.splitlines."""
    return _BREAK.split(text)


def end_of_line(text: str, position: int) -> int:
    """Return where the line ends that the character at ``position`` is on."""
    found = _BREAK.search(text, position)
    return found.start() if found else len(text)


class Lines:
    """Finds the line and column of an offset in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of the character at ``offset``."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return where in the text the character at a 1-based line and column is."""
        return self._starts[line - 1] + column - 1
