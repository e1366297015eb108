"""Keeps a secret that was found in a file out of everything else that is said about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from generator.problem import Problem

RULE = "secret"

_PREFIX = 8
"""Characters that a secret is known by, because a message may quote only its start."""


@dataclass(frozen=True)
class Secret:
    """A text that must not be said again, the problem about it, and the last line that it is on."""

    text: str
    problem: Problem
    last_line: int

    def is_place_of(self, other: Problem) -> bool:
        """Tell whether another problem points at the secret itself."""
        here = self.problem
        if other.file != here.file or not here.line <= other.line <= self.last_line:
            return False
        overlap = here.column < other.end_column and other.column < here.end_column
        return overlap or here.line < self.last_line


def discreet(problems: Iterable[Problem], secrets: Sequence[Secret]) -> Iterator[Problem]:
    """Yield the problems without those that point at a secret or quote one."""
    if not secrets:
        yield from problems
        return
    quotes = re.compile("|".join(_pattern(secret.text) for secret in secrets)).search
    for problem in problems:
        if problem.rule == RULE:
            # The name of a key that holds one secret can be another.
            yield replace(problem, message=_ANY) if quotes(problem.message) else problem
        elif not any(secret.is_place_of(problem) for secret in secrets) and not any(
            map(quotes, (problem.message, problem.hint, problem.path, problem.replacement or ""))
        ):
            yield problem


_ANY = "this looks like a secret"


def _pattern(secret: str) -> str:
    start = r"(?<!\w)" + re.escape(secret[:_PREFIX])
    return start if len(secret) >= _PREFIX else start + r"(?!\w)"
