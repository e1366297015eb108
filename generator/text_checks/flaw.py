"""A mistake in a text, before anyone has looked up its line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flaw:
    """What is wrong with the characters from ``start`` up to but not including ``end``."""

    start: int
    end: int
    rule: str
    message: str
    hint: str
