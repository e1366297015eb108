"""No two pipelines have one name, and no two serve one endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import takewhile
from pathlib import Path

from generator.problem import Finding
from generator.problem import Path as KeyPath
from generator.project import Project
from generator.project_file import UnreadableError
from generator.stages.endpoint import Endpoint
from generator.verdict import Verdict

_COMPUTED_NAME = re.compile(rb"""name["']?\s*:[^\n#]*\$\{\{""")


class Uniqueness:
    """Lets the first file with a name or an endpoint pass and refuses every later one.

    The first by path, so that the answer depends on nothing else: neither on the order in which
    files are judged nor on which of them are.
    """

    def __init__(self, project: Project, judge: Callable[[Path], Verdict]) -> None:
        self._project = project
        self._judge = judge
        self._named: dict[str, Path] = {}
        self._served: dict[str, Path] = {}
        files = list(project.pipeline_files())
        self._unseen = dict.fromkeys(sorted(files))
        for file in files:
            self._named.setdefault(file.stem, file)

    def checked(self, verdict: Verdict) -> Verdict:
        """Return the verdict, refused where an earlier file has taken what it names.

        Verdicts come in the order of their paths.
        """
        self._unseen.pop(verdict.file, None)
        verdict = self._with_own_name(verdict)
        for endpoint in verdict.pipeline.of_kind(Endpoint) if verdict.pipeline else ():
            # SageMaker tells endpoints apart without regard to case.
            name = endpoint.name.lower()
            first = self._first_to_serve(name, verdict.file)
            said = f"the endpoint '{endpoint.name}' is also that"
            verdict = self._compare(verdict, first, ("endpoint", "name"), said)
        return verdict

    def _with_own_name(self, verdict: Verdict) -> Verdict:
        first = self._named.get(verdict.file.stem, verdict.file)
        said = f"'{verdict.file.stem}' is also the name"
        return self._compare(verdict, first, ("name",), said)

    def _first_to_serve(self, name: str, file: Path) -> Path:
        """Return the first file with an endpoint; ``file`` where no other has it.

        Where not all files are judged, those before ``file`` that may have it are judged here.
        """
        for other in self._candidates(name, file):
            del self._unseen[other]
            verdict = self._with_own_name(self._judge(other))
            for endpoint in verdict.pipeline.of_kind(Endpoint) if verdict.pipeline else ():
                self._served.setdefault(endpoint.name.lower(), other)
        return self._served.setdefault(name, file)

    def _candidates(self, endpoint: str, file: Path) -> list[Path]:
        """Return the files before ``file`` that nobody has judged and that may have the endpoint.

        Their text tells it, which is far faster than to judge them all.
        """
        earlier = list(takewhile(lambda other: other < file, self._unseen))
        return list(filter(self._holds(endpoint), earlier)) if earlier else []

    def _holds(self, endpoint: str) -> Callable[[Path], bool]:
        """Return a test whether a file or what it inherits may name the endpoint."""
        word = re.compile(rb"(?<![\w-])" + re.escape(endpoint).encode() + rb"(?![\w-])")

        def writes(file: Path) -> bool:
            text = self._text(file)
            return word.search(text) is not None or _COMPUTED_NAME.search(text) is not None

        @cache
        def inherits(folder: Path) -> bool:
            return any(map(writes, self._project.defaults_files(folder / "any.yaml")))

        return lambda file: writes(file) or inherits(file.parent)

    def _compare(self, verdict: Verdict, first: Path, path: KeyPath, said: str) -> Verdict:
        if first == verdict.file:
            return verdict
        message = f"{said} of {self._project.shown(first)}"
        return verdict.refused(Finding(path, "duplicate-name", message, "rename one"))

    def _text(self, file: Path) -> bytes:
        try:
            return self._project.read_bytes(file).lower()
        except UnreadableError:
            return b""
