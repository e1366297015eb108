"""Problems as SARIF 2.1.0, which code scanning and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, with everything that GitHub asks
for: https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support.
Source lines are left out: whoever reads this has the files, and a line may hold a secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from generator.problem import Problem
from generator.project import Project
from generator.rules.catalogue import Rule, catalogue

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_PACKAGE = "airflow-ml-pipelines"
_ROOT = "SRCROOT"


def render(problems: Sequence[Problem], project: Project) -> str:
    rules = list(catalogue())
    driver = {
        "name": "pipelines lint",
        **_version(),
        "rules": [_described(rule) for rule in catalogue().values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"uri": f"{project.root.absolute().as_uri()}/"}},
        "results": [_result(problem, rules.index(problem.rule)) for problem in problems],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _version() -> dict[str, str]:
    try:
        return {"version": metadata.version(_PACKAGE)}
    except metadata.PackageNotFoundError:  # the folder was copied, not installed
        return {}


def _described(rule: Rule) -> dict[str, Any]:
    summary = {"text": rule.summary}
    page = rule.reason + (f"\n\n```yaml\n{rule.snippet}\n```" if rule.snippet else "")
    return {
        "id": rule.name,
        "shortDescription": summary,
        "fullDescription": summary,
        "help": {"text": page, "markdown": page},
    }


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    location = {"artifactLocation": _artifact(problem.file), "region": _region(problem)}
    return {
        "ruleId": problem.rule,
        "ruleIndex": rule,
        "level": problem.level,
        # The standard would have { and } doubled; GitHub and VS Code show the text as it is.
        "message": {"text": problem.sentence},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"problem/v1": _fingerprint(problem)},
        **_fixes(problem),
    }


def _artifact(file: str) -> dict[str, str]:
    if Path(file).is_absolute():  # outside of the project
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(file), "uriBaseId": _ROOT}


def _region(problem: Problem) -> dict[str, int]:
    return {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endLine": problem.line,
        "endColumn": max(problem.end_column, problem.column + 1),
    }


def _fingerprint(problem: Problem) -> str:
    """Name a problem by what it is and not by its line, which every edit above it moves."""
    parts = (problem.file, problem.rule, problem.path, problem.message)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _fixes(problem: Problem) -> dict[str, Any]:
    if problem.replacement is None:
        return {}
    replacement = {
        "deletedRegion": _region(problem),
        "insertedContent": {"text": problem.replacement},
    }
    change = {"artifactLocation": _artifact(problem.file), "replacements": [replacement]}
    description = {"text": f"Write {problem.replacement}"}
    return {"fixes": [{"description": description, "artifactChanges": [change]}]}
