"""``_defaults.yaml``: what a pipeline inherits, and which file wrote each value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from generator import stages
from generator.environment import Environment, examine
from generator.problem import Finding, Path, Problem
from generator.yaml_file.document import Document


class Sources:
    """A pipeline's own document, then the defaults it inherits, nearest first."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.own, *self.defaults = documents

    def merged(self) -> dict[str, Any]:
        """Return the pipeline with its defaults: mappings merge, anything else is replaced.

        Defaults of a stage apply only to a pipeline that has the stage; those of ``glue`` to
        each of its jobs.
        """
        data: dict[str, Any] = self.own.data
        for document in self.defaults:
            data = _inherit(data, document.data)
        return data

    def taken(self) -> Iterator[tuple[Document, set[Path]]]:
        """Yield each defaults document with the keys whose values the pipeline has from it."""
        data: dict[str, Any] = self.own.data
        for document in self.defaults:
            yield document, set(_taken(data, document.data))
            data = _inherit(data, document.data)

    def check_defaults(self, environment: Environment) -> list[Problem]:
        """Check each defaults file by itself, so that a mistake is reported where it is."""
        return [
            document.place(finding)
            for document in self.defaults
            for finding in examine(document.data, "defaults", environment)[1]
        ]

    def place(self, finding: Finding) -> Problem:
        """Give a finding its line in the file that wrote the value."""
        if not self.own.has(finding.path):
            for document in self.defaults:
                path = tuple(step for step in finding.path if not isinstance(step, int))
                if path and document.has(path):
                    return document.place(replace(finding, path=path))
        return self.own.place(finding)


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in ``value`` that is no mapping with keys."""
    if not isinstance(value, dict) or not value:
        yield path
        return
    for key, inner in value.items():
        yield from leaves(inner, (*path, key))


def _usable(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in defaults.items() if key not in stages.READERS or key in data
    }


def _taken(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the paths in ``defaults`` whose values ``_inherit`` would take."""
    for key, value in _usable(data, defaults).items():
        owners = data[key] if key == "glue" and isinstance(data[key], list) else [data.get(key)]
        for owner in owners:
            yield from _lacking(owner, value, (key,)) if key in data else leaves(value, (key,))


def _lacking(own: Any, inherited: Any, path: Path) -> Iterator[Path]:
    if isinstance(own, dict) and isinstance(inherited, dict):
        for key, value in inherited.items():
            inner = (*path, key)
            yield from _lacking(own[key], value, inner) if key in own else leaves(value, inner)


def _inherit(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    usable = _usable(data, defaults)
    jobs, job_defaults = data.get("glue"), usable.get("glue")
    if isinstance(jobs, list) and isinstance(job_defaults, dict):
        inherited = [_merge(job, job_defaults) if isinstance(job, dict) else job for job in jobs]
        data = {**data, "glue": inherited}
    return _merge(data, usable)


def _merge(own: Mapping[str, Any], inherited: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**inherited, **own}
    for key, value in inherited.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            merged[key] = _merge(own[key], value)
    return merged
