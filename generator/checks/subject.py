"""What a rule looks at: one resolved pipeline, as far as it can be trusted."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.environment import Environment
from generator.expressions.run_time_template import is_template
from generator.problem import HOPELESS, Finding
from generator.problem import Path as KeyPath
from generator.project_file import is_within
from generator.stages import glue


@dataclass(frozen=True)
class Subject:
    """A pipeline's data after defaults and ``${{ }}``, its file and its environment.

    ``data`` lacks every value that the schema has refused (in a list it is None), so a rule may
    rely on the type of what is there but not on its presence; ``written`` is all of it.
    ``unresolved`` is what ``written`` was before ``${{ }}``, ``own`` only what the file says.
    """

    data: Mapping[str, Any]
    written: Mapping[str, Any]
    unresolved: Mapping[str, Any]
    own: Mapping[str, Any]
    file: Path
    glue_scripts: Path
    environment: Environment

    def glue_jobs(self) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
        """Yield every Glue job with the path where it is written."""
        section = self.data.get("glue", [])
        for index, job in enumerate(glue.jobs(section)):
            if job is not None:
                yield (("glue", index) if isinstance(section, list) else ("glue",)), job

    def script(self, job: Mapping[str, Any]) -> Path | None:
        """Return the file of a job's script; None where it has none, or a link to elsewhere."""
        if "script" not in job:
            return None
        file = self.glue_scripts / str(job["script"])
        return file if is_within(file, self.glue_scripts.parent) else None

    @cached_property
    def run_time_templates(self) -> list[tuple[KeyPath, str]]:
        """Every text that Airflow resolves when the task runs, with its path."""
        return [(path, text) for path, text in texts(self.data) if is_template(text)]

    @property
    def training(self) -> Mapping[str, Any]:
        """The training section, empty where there is none."""
        section: Mapping[str, Any] = self.data.get("training", {})
        return section


def texts(data: Any, path: KeyPath = ()) -> list[tuple[KeyPath, str]]:
    """Return every text in ``data`` with its path."""
    if isinstance(data, str):
        return [(path, data)]
    if isinstance(data, dict):
        items: Iterable[tuple[str | int, Any]] = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    else:
        return []
    return [found for step, value in items for found in texts(value, (*path, step))]


def value_at(data: Any, path: KeyPath) -> Any:
    """Return the value at ``path``, None where there is none."""
    for step in path:
        data = _step(data, step)
    return data


def trusted(data: Mapping[str, Any], findings: Collection[Finding]) -> dict[str, Any]:
    """Return a copy of ``data`` without the values that ``findings`` refuse."""
    if len(findings) >= HOPELESS:
        return {}
    refused = [each.path for each in findings if each.rule != "missing-key" and each.path]
    if not refused:
        return dict(data)
    rest = copy.deepcopy(dict(data))
    for path in refused:
        _remove(rest, path)
    return rest


def _remove(node: Any, path: KeyPath) -> None:
    *parents, last = path
    for step in parents:
        node = _step(node, step)
    if isinstance(node, list) and isinstance(last, int):
        node[last] = None
    elif isinstance(node, dict):
        node.pop(last, None)


def _step(node: Any, step: str | int) -> Any:
    if isinstance(node, list) and isinstance(step, int):
        return node[step] if step < len(node) else None
    return node.get(step) if isinstance(node, dict) else None
