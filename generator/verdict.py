"""What is to be said of one pipeline file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from generator.inheritance import Sources
from generator.pipeline import Pipeline
from generator.problem import Finding, Problem

INTERNAL_ERROR = "internal-error"
"""The rule of a problem that is not the user's."""


@dataclass(frozen=True)
class Verdict:
    """One pipeline file, judged: a Pipeline where nothing is wrong with it, else why not."""

    file: Path
    pipeline: Pipeline | None
    problems: tuple[Problem, ...]
    sources: Sources | None = None

    def refused(self, finding: Finding) -> Verdict:
        """Return the same verdict with one more problem, so that nothing is built."""
        if self.sources is None:  # a file that cannot be read has problems enough
            return replace(self, pipeline=None)
        problem = self.sources.place(finding)
        return replace(self, pipeline=None, problems=(*self.problems, problem))


def internal_error(file: str, error: Exception) -> Problem:
    """Return a bug of ours as a problem of the file that showed it."""
    message = f"this file fails in an unexpected way: {type(error).__name__}: {error}"
    hint = "a bug of the generator or of its templates; please report it"
    return Problem(file, 1, 1, "", INTERNAL_ERROR, message, hint)
