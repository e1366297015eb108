"""`unused-default`: every key of a `_defaults.yaml` is used by a pipeline that inherits it.

Defaults pile up: a section that no pipeline has any more, a value that each of them writes itself.
They look as if they counted, and somebody will change one and wonder why nothing happens. Remove
the key, or remove it from the pipelines that repeat it.

A default is used where at least one pipeline of the folder, or of a folder below it, takes its
value: it has the section, and neither the pipeline nor a nearer `_defaults.yaml` writes the key.
The rule looks at whole folders, so it is silent when only some of their pipelines are linted.

    # pipelines/_defaults.yaml
    retries: 2
    endpoint:
      instance_type: ml.m5.large

    # pipelines/example.yaml
    schema_version: 1
    name: example
    owner: growth-data-science
    retries: 3
    glue: {script: clean.py}
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator import stages
from generator.inheritance import leaves
from generator.problem import Finding, Problem, dotted
from generator.problem import Path as KeyPath
from generator.project import Project
from generator.verdict import Verdict
from generator.yaml_file.document import Document


class DefaultsUse:
    """Watches which keys of each ``_defaults.yaml`` the judged pipelines take."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._documents: dict[Path, Document] = {}
        self._taken: dict[Path, set[KeyPath]] = {}
        self._sections: dict[Path, set[str]] = {}
        self._clear: set[Path] = set()

    def watch(self, verdict: Verdict) -> None:
        """Take note of one pipeline."""
        if verdict.sources is None or any(each.rule == "unknown-key" for each in verdict.problems):
            return  # what it would inherit, were it right, cannot be told
        self._clear.add(verdict.file)
        if not verdict.sources.defaults:
            return
        files = self._project.defaults_files(verdict.file)
        for file, (document, taken) in zip(files, verdict.sources.taken(), strict=True):
            self._documents.setdefault(file, document)
            self._taken.setdefault(file, set()).update(taken)
            self._sections.setdefault(file, set()).update(verdict.sources.own.data)

    def problems(self) -> Iterator[Problem]:
        """Yield what no pipeline takes, of the files whose inheritors have all been watched."""
        for file, document in self._documents.items():
            if self._clear.issuperset(self._project.pipeline_files(file)):
                for finding in self._unused(file, document.data):
                    yield document.place(finding)

    def _unused(self, file: Path, data: dict[str, Any]) -> Iterator[Finding]:
        for key, value in data.items():
            if key in stages.READERS and key not in self._sections[file]:
                yield _finding((key,), "no pipeline below has that section")
                continue
            for path in leaves(value, (key,)):
                if path not in self._taken[file]:
                    yield _finding(path, "every pipeline below has its own, or a nearer default")


def _finding(path: KeyPath, reason: str) -> Finding:
    message = f"'{dotted(path)}' has no effect: {reason}"
    return Finding(path, "unused-default", message, "remove it", "warning", at_key=True)
