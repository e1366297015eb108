"""The project's JSON Schemas, compiled once, and what they have against data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from generator.explanation import explain
from generator.problem import Finding, Path
from generator.project import schemas_folder

RUN_TIME_TEMPLATE = "runTimeTemplate"
"""Our schema keyword: Airflow may resolve ``{{ … }}`` in this text when the task runs."""

_TEMPLATE = re.compile(r"\{[{%#]")


class Schema:
    """One of the project's JSON Schemas, compiled once per process."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        kind = validators.extend(Draft202012Validator, {RUN_TIME_TEMPLATE: _mark_template})
        self._validator = kind(document, registry=_registry())

    @staticmethod
    @cache
    def named(name: str) -> Schema:
        """Return ``schemas/<name>.schema.json``."""
        return Schema(_read(f"{name}.schema.json"))

    def check(self, data: Any) -> list[Finding]:
        """Return what the schema has against ``data``, each finding once."""
        findings: list[Finding] = []
        templated: set[Path] = set()
        for error in self._validator.iter_errors(data):
            if error.validator == RUN_TIME_TEMPLATE:
                templated.add(tuple(error.absolute_path))
            else:
                findings.extend(explain(error))
        findings.extend(_misplaced_templates(data, templated))
        return _without_echoes(findings)


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Keep one finding of a value that is not what it should be at all, and every other once."""
    decisive: dict[Path, Finding] = {}
    for finding in findings:
        if finding.rule in ("run-time-template", "wrong-type"):
            decisive.setdefault(finding.path, finding)
    return [
        finding
        for finding in dict.fromkeys(findings)
        if decisive.get(finding.path, finding) is finding
    ]


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((schemas_folder() / name).read_text("utf-8"))
    # Where a referenced schema names its dialect, jsonschema forgets our own keyword.
    del document["$schema"]
    return document


@lru_cache(maxsize=1)
def _registry() -> Registry:
    folder = schemas_folder()
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.schema.json")]
    resources = ((name, DRAFT202012.create_resource(_read(name))) for name in sorted(names))
    return Registry().with_resources(resources)


def _mark_template(
    _validator: Any, enabled: bool, instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    if enabled and isinstance(instance, str) and "{" in instance:
        yield ValidationError("run-time template")


def _misplaced_templates(data: Any, templated: set[Path], path: Path = ()) -> Iterator[Finding]:
    """Find ``{{ … }}`` where Airflow would send it to AWS unresolved, or must not resolve it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _misplaced_templates(value, templated, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _misplaced_templates(value, templated, (*path, index))
    elif isinstance(data, str) and path not in templated and _TEMPLATE.search(data):
        message = "a run-time template '{{ … }}' cannot be used here"
        hint = "use ${{ env.… }} for values of the environment"
        yield Finding(path, "run-time-template", message, hint)
