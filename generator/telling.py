"""Which problems of a file are told: not thousands, and none that repeats a secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from generator.problem import Problem
from generator.text_checks.secrecy import RULE, Secret, discreet

MOST = 100
"""Problems of one file; whoever has as many mends the first ones first."""


def told(problems: Iterable[Problem], secrets: Sequence[Secret] = ()) -> tuple[Problem, ...]:
    """Return the problems sorted and once each, of a file at most MOST and how many more."""
    ordered = groupby(sorted(set(problems)), key=lambda problem: problem.file)
    few = [problem for _, of_file in ordered for problem in _few(list(of_file))]
    return tuple(discreet(few, secrets))


def _few(problems: Sequence[Problem]) -> Iterator[Problem]:
    if len(problems) <= MOST:
        yield from problems
        return
    # Secrets first: where one of them is not told, nothing else may show its line.
    ordered = sorted(problems, key=lambda problem: (problem.rule != RULE, problem))
    yield from sorted(ordered[:MOST])
    rest = ordered[MOST:]
    first = min(rest)
    level = "error" if any(problem.level == "error" for problem in rest) else "warning"
    message = f"this file has {len(rest):,} more problems, which are not listed"
    hint = "mend the others first"
    yield Problem(
        first.file,
        first.line,
        first.column,
        "",
        "too-many-problems",
        message,
        hint,
        level,
        end_column=first.end_column,
    )
