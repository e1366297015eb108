"""No two pipelines have one name, and no two serve one endpoint."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from generator.problem import Finding
from generator.problem import Path as KeyPath
from generator.project import Project
from generator.project_file import UnreadableError
from generator.stages.endpoint import Endpoint
from generator.verdict import Verdict

_WORD = re.compile(rb"[\w-]+")
_COMPUTED = b"${{"
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
        if next(iter(self._unseen), file) >= file:
            return []
        may = self._holders[endpoint.encode()] | self._holders[_COMPUTED]
        return sorted(other for other in may if other < file and other in self._unseen)

    @cached_property
    def _holders(self) -> defaultdict[bytes, set[Path]]:
        """The files, of those that nobody had judged, that hold or inherit a word."""
        found = defaultdict(set)
        inherited: dict[Path, set[bytes]] = {}
        for file in self._unseen:
            folder = file.parent
            if folder not in inherited:
                defaults = self._project.defaults_files(file)
                inherited[folder] = set().union(*map(self._words, defaults))
            for word in self._words(file) | inherited[folder]:
                found[word].add(file)
        return found

    def _words(self, file: Path) -> set[bytes]:
        try:
            text = self._project.read_bytes(file).lower()
        except UnreadableError:
            return set()
        computed = {_COMPUTED} if _COMPUTED_NAME.search(text) else set()
        return computed.union(_WORD.findall(text))

    def _compare(self, verdict: Verdict, first: Path, path: KeyPath, said: str) -> Verdict:
        if first == verdict.file:
            return verdict
        message = f"{said} of {self._project.shown(first)}"
        return verdict.refused(Finding(path, "duplicate-name", message, "rename one"))
