"""What a look at one thing of an AWS account has found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How well it is; the value is the mark on the screen."""

    RIGHT = "✓"
    NOTE = "!"
    WRONG = "✗"
    UNKNOWN = "?"
    SKIPPED = "-"


@dataclass(frozen=True)
class Result:
    """One line of the doctor.

    ``subject`` is what was looked at, ``seen`` what it is like, ``advice`` one sentence what to
    do where it is not right. ``stops`` tells that what builds on it cannot be looked at.
    """

    level: Level
    subject: str
    seen: str
    advice: str = ""
    stops: bool = False


def right(subject: str, seen: str) -> Result:
    return Result(Level.RIGHT, subject, seen)


def note(subject: str, seen: str, advice: str = "", *, stops: bool = False) -> Result:
    return Result(Level.NOTE, subject, seen, advice, stops)


def wrong(subject: str, seen: str, advice: str, *, stops: bool = False) -> Result:
    return Result(Level.WRONG, subject, seen, advice, stops)


def unknown(subject: str, seen: str, advice: str, *, stops: bool = False) -> Result:
    return Result(Level.UNKNOWN, subject, seen, advice, stops)


def skipped(subject: str, reason: str) -> Result:
    return Result(Level.SKIPPED, subject, reason, stops=True)
