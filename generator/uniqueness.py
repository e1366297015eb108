"""No two pipelines have one name, and no two serve one endpoint."""

from __future__ import annotations

from pathlib import Path

from generator.problem import Finding
from generator.problem import Path as KeyPath
from generator.project import Project
from generator.stages.endpoint import Endpoint
from generator.verdict import Verdict


class Uniqueness:
    """Lets the first file with a name or an endpoint pass and refuses every later one.

    The first by path, so that the answer depends on nothing else.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._named: dict[str, Path] = {}
        for file in project.pipeline_files():
            self._named.setdefault(file.stem, file)
        self._served: dict[str, Path] = {}

    def checked(self, verdict: Verdict) -> Verdict:
        """Return the verdict, refused where an earlier file has taken what it names."""
        first = self._named.get(verdict.file.stem, verdict.file)
        verdict = self._compare(
            verdict, first, ("name",), f"'{verdict.file.stem}' is also the name"
        )
        for endpoint in verdict.pipeline.of_kind(Endpoint) if verdict.pipeline else ():
            # SageMaker tells endpoints apart without regard to case.
            first = self._served.setdefault(endpoint.name.lower(), verdict.file)
            said = f"the endpoint '{endpoint.name}' is also that"
            verdict = self._compare(verdict, first, ("endpoint", "name"), said)
        return verdict

    def _compare(self, verdict: Verdict, first: Path, path: KeyPath, said: str) -> Verdict:
        if first == verdict.file:
            return verdict
        message = f"{said} of {self._project.shown(first)}"
        return verdict.refused(Finding(path, "duplicate-name", message, "rename one"))
