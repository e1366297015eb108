"""What is to be said of one pipeline file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.inheritance import Sources
from generator.pipeline import Pipeline
from generator.problem import Finding, Problem

INTERNAL_ERROR = "internal-error"
"""The rule of a problem that is not the user's."""


@dataclass(frozen=True)
class Verdict:
    """One pipeline file, judged: a Pipeline where nothing is wrong with it, else why not.

    ``configuration`` is what dag-factory makes the DAG of; it is there if the Pipeline is.
    """

    file: Path
    pipeline: Pipeline | None
    problems: tuple[Problem, ...]
    sources: Sources | None = None
    configuration: dict[str, Any] | None = None

    @property
    def has_errors(self) -> bool:
        return any(problem.level == "error" for problem in self.problems)

    def refused(self, finding: Finding) -> Verdict:
        """Return the same verdict with one more error, so that nothing is built."""
        return replace(self.adding([finding]), pipeline=None, configuration=None)

    def adding(self, findings: Iterable[Finding]) -> Verdict:
        """Return the same verdict with more problems; with an error nothing is built."""
        if self.sources is None:  # a file that cannot be read has problems enough
            return self
        placed = {self.sources.place(finding) for finding in findings}
        more = replace(self, problems=tuple(sorted({*self.problems, *placed})))
        return replace(more, pipeline=None, configuration=None) if more.has_errors else more


def internal_error(file: str, error: Exception) -> Problem:
    """Return a bug of ours as a problem of the file that showed it."""
    message = f"this file fails in an unexpected way: {type(error).__name__}: {error}"
    hint = "a bug of the generator or of its templates; please report it"
    return Problem(file, 1, 1, "", INTERNAL_ERROR, message, hint)
