"""A mistake in a text, before anyone has looked up its line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flaw:
    """What is wrong with the characters from ``start`` up to but not including ``end``.

    ``secret`` is one that they hold, where they spell it in another way.
    """

    start: int
    end: int
    rule: str
    message: str
    hint: str
    secret: str = ""

    def overlaps(self, other: Flaw) -> bool:
        """Tell whether another flaw of the same rule is at some of the same characters."""
        return other.rule == self.rule and other.start < self.end and self.start < other.end
