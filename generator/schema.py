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

from generator.acceptance import LONGEST_MATCH, acceptance
from generator.explanation import explain
from generator.problem import Finding, Path
from generator.project import schemas_folder
from generator.run_time_template import MISPLACED, Refusal, is_template, refusal
from generator.slips import as_written, mended, slips

RUN_TIME_TEMPLATE = "runTimeTemplate"
"""Our schema keyword: Airflow may resolve ``{{ … }}`` in this text when the task runs."""


class Schema:
    """One of the project's JSON Schemas, compiled once per process."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._validator = _VALIDATOR(document, registry=_registry())
        self._accepts = acceptance(document, str(document["$id"]))

    @staticmethod
    @cache
    def named(name: str) -> Schema:
        """Return ``schemas/<name>.schema.json``."""
        return Schema(_read(f"{name}.schema.json"))

    def check(self, data: Any) -> list[Finding]:
        """Return what the schema has against ``data``, each finding once."""
        if self._accepts(data) and not _holds_template(data):
            return []
        findings = self._findings(data)
        found = slips(findings)
        if not found:
            return findings
        mistyped = [finding for finding in findings if finding.path in found]
        return mistyped + list(as_written(self.check(mended(data, found)), found))

    def _findings(self, data: Any) -> list[Finding]:
        findings: list[Finding] = []
        templated: dict[Path, Refusal | None] = {}
        for error in self._validator.iter_errors(data):
            if error.validator == RUN_TIME_TEMPLATE:
                templated[tuple(error.absolute_path)] = refusal(error.instance)
            else:
                findings.extend(explain(error))
        findings.extend(_refused_templates(data, templated))
        return _without_echoes(findings)


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """Keep one finding of a value that is not what it should be at all, and every other once."""
    decisive: dict[tuple[Path, bool], Finding] = {}
    for finding in findings:
        if finding.rule in ("missing-value", "run-time-template", "wrong-type"):
            decisive.setdefault((finding.path, finding.at_key), finding)
    return [
        finding
        for finding in dict.fromkeys(findings)
        if decisive.get((finding.path, finding.at_key), finding) is finding
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
    """Report, as an error that is none, where a run-time template is allowed."""
    if enabled and isinstance(instance, str) and is_template(instance):
        yield ValidationError("run-time template")


def _match_whole(
    _validator: Any, pattern: str, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    """Check a pattern as ECMA does: in Python's own reading `$` lets a final newline pass.

    A text that is too long anyway is not looked at: some patterns take long to refuse it.
    """
    if not isinstance(instance, str) or len(instance) > schema.get("maxLength", len(instance)):
        return
    whole = re.sub(r"\$$", r"\\Z", pattern)
    if len(instance) > LONGEST_MATCH or not re.search(whole, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _has_repeats(
    _validator: Any, wanted: bool, instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    """Check for repeated items in one pass: jsonschema compares each with each."""
    if wanted and isinstance(instance, list):
        if len({json.dumps(item, sort_keys=True) for item in instance}) < len(instance):
            yield ValidationError("has non-unique elements")


def _is_integer(_checker: Any, value: Any) -> bool:
    """Tell whether AWS would take the value as a whole number: 2.0 is a float to it."""
    return isinstance(value, int) and not isinstance(value, bool)


_VALIDATOR = validators.extend(
    Draft202012Validator,
    {RUN_TIME_TEMPLATE: _mark_template, "pattern": _match_whole, "uniqueItems": _has_repeats},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def _holds_template(data: Any) -> bool:
    if isinstance(data, dict):
        return any(map(_holds_template, data.values()))
    if isinstance(data, list):
        return any(map(_holds_template, data))
    return isinstance(data, str) and is_template(data)


def _refused_templates(
    data: Any, templated: Mapping[Path, Refusal | None], path: Path = ()
) -> Iterator[Finding]:
    """Find ``{{ … }}`` that Airflow would send to AWS unresolved, or must not resolve."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _refused_templates(value, templated, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _refused_templates(value, templated, (*path, index))
    elif isinstance(data, str) and is_template(data):
        refused = templated.get(path, MISPLACED)
        if refused is not None:
            message = f"'{{{{ … }}}}' cannot be resolved: {refused.reason}"
            yield Finding(path, "run-time-template", message, refused.hint)
