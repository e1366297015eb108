"""The project's JSON Schemas, compiled once, and what they have against data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from generator.expressions.run_time_template import MISPLACED, Refusal, is_template, refusal
from generator.json_schema.acceptance import acceptance
from generator.json_schema.references import schema_file
from generator.json_schema.slips import as_written, mended, slips
from generator.problem import HOPELESS, Finding, Path


class Schema:
    """One of the project's JSON Schemas, compiled once per process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._accepts = acceptance(schema_file(name), name)

    @staticmethod
    @cache
    def named(name: str) -> Schema:
        """Return ``schemas/<name>.schema.json``."""
        return Schema(f"{name}.schema.json")

    def check(self, data: Any) -> list[Finding]:
        """Return what the schema has against ``data``, each finding once, at most HOPELESS."""
        if self._accepts(data) and not _holds_template(data):
            return []
        findings = self._findings(data)
        found = slips(findings)
        if not found:
            return findings
        mistyped = [finding for finding in findings if finding.path in found]
        return mistyped + list(as_written(self.check(mended(data, found)), found))

    def _findings(self, data: Any) -> list[Finding]:
        # Here, because most files are accepted, and these take a third of the time of a lint.
        from generator.json_schema.explanation import explain
        from generator.json_schema.validator import RUN_TIME_TEMPLATE, errors

        findings: list[Finding] = []
        templated: dict[Path, Refusal | None] = {}
        for error in errors(self._name, data):
            if error.validator == RUN_TIME_TEMPLATE:
                templated[tuple(error.absolute_path)] = refusal(error.instance)
            else:
                findings.extend(islice(explain(error), HOPELESS - len(findings)))
                if len(findings) == HOPELESS:
                    return findings
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
