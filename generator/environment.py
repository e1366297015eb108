"""Environments, and the first Jinja phase: ``${{ env.… }}`` -> the values of one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.airflow_version import NEWEST, AirflowVersion, nearest
from generator.expressions.expression import ExpressionError, evaluate, has_expression
from generator.json_schema.schema import Schema
from generator.problem import Finding, Path, Problem, did_you_mean
from generator.project import Project
from generator.reading import read_file
from generator.telling import told

DEFAULT_NAME = "local"
_MOST_SHOWN = 60
_MOST_INSERTED = 1_000_000
"""Characters that the expressions of one file may give: a whole section counts each time."""


@dataclass(frozen=True)
class Environment:
    """One place to run in: its name and what ``environments/<name>.yaml`` says about it.

    ``airflow`` is the version that DAGs are made for; one that runs knows it better than the file.
    """

    name: str
    values: Mapping[str, Any]
    airflow: AirflowVersion = NEWEST

    @property
    def scope(self) -> dict[str, Any]:
        """What an expression of a pipeline can see."""
        return {"env": {"name": self.name, **self.values}}


def load_environment(project: Project, name: str) -> tuple[Environment | None, list[Problem]]:
    """Read and check ``environments/<name>.yaml``; no Environment where it has problems."""
    path = project.environment_file(name)
    shown = project.shown(path)
    if name not in project.environment_names():
        known = ", ".join(project.environment_names()) or "none that can be read"
        hint = did_you_mean(name, project.environment_names()) or f"known: {known}"
        message = f"there is no environment '{name}'"
        return None, [Problem(shown, 1, 1, "", "unknown-environment", message, hint)]
    reading = read_file(project, path)
    problems, document = list(reading.problems), reading.document
    if document is not None:
        findings = Schema.named("environment").check(document.data)
        problems += [document.place(finding) for finding in findings]
    if document is None or problems:
        return None, list(told(problems, reading.secrets))
    version = document.data.get("mwaa", {}).get("airflow_version", NEWEST.name)
    return Environment(name, document.data, nearest(version)), []


def resolve(data: Any, environment: Environment) -> tuple[Any, list[Finding]]:
    """Replace every ``${{ … }}`` in ``data``, one scalar at a time.

    A value that cannot be resolved becomes None and a finding.
    """
    findings: list[Finding] = []
    scope = environment.scope
    inserted = 0

    def value(item: Any, path: Path) -> Any:
        if isinstance(item, str):
            return scalar(item, path) if has_expression(item) else item
        if isinstance(item, dict):
            return {key: value(entry, (*path, key)) for key, entry in item.items()}
        if isinstance(item, list):
            return [value(entry, (*path, index)) for index, entry in enumerate(item)]
        return item

    def scalar(text: str, path: Path) -> Any:
        nonlocal inserted
        try:
            found = evaluate(text, scope)
            inserted += _size(found)
            if inserted > _MOST_INSERTED:
                most = f"{_MOST_INSERTED:,} characters"
                raise ExpressionError(f"the expressions of this file give over {most}")
            return found
        except ExpressionError as error:
            findings.append(_unresolved(text, path, str(error), environment))
            return None

    return value(data, ()), findings


def examine(data: Any, schema: str, environment: Environment) -> tuple[Any, list[Finding]]:
    """Resolve ``data`` and check it against a schema; return the values and what is wrong.

    What could not be resolved is said once: the schema has no second word on it.
    """
    values, findings = resolve(data, environment)
    unresolved = {finding.path for finding in findings}
    refused = Schema.named(schema).check(values)
    return values, findings + [each for each in refused if each.path not in unresolved]


def _size(value: Any) -> int:
    """Return how many characters a value has, roughly."""
    if isinstance(value, dict):
        return sum(map(_size, value)) + sum(map(_size, value.values()))
    if isinstance(value, list):
        return sum(map(_size, value))
    return len(str(value))


def _unresolved(text: str, path: Path, reason: str, environment: Environment) -> Finding:
    known = [f"env.{name}" for name in environment.scope["env"]]
    name = text.partition("${{")[2].partition("}}")[0].partition("|")[0].strip()
    if "has no attribute" in reason or "is not a value" in reason:
        message = f"environment '{environment.name}' has no value for '{name}'"
        hint = did_you_mean(name, known) or "known: " + ", ".join(sorted(known))
    elif "is undefined" in reason:
        message = f"'{name}' is unknown: only env can be used in ${{{{ }}}}"
        hint = did_you_mean(f"env.{name}", known) or "write ${{ env.name }}"
    else:
        shown = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
        message, hint = f"cannot resolve '{shown}': {reason}", ""
    return Finding(path, "unresolved-expression", message, hint)
