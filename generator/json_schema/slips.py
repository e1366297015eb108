"""Mistyped keys: one mistake each, so the rest of the data is judged as if they were right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from generator.problem import Finding, Path

_MOST = 100
"""Slips of one file: to look at the rest of the data as if they were right takes time."""

Slips = Mapping[Path, str]
"""The key that is meant, by the path of the one that is written."""


def slips(findings: Iterable[Finding]) -> dict[Path, str]:
    """Return the unknown keys that can only be slips of a known one; of very many none."""
    found = {
        finding.path: finding.replacement
        for finding in findings
        if finding.rule == "unknown-key" and finding.replacement
    }
    return found if len(found) <= _MOST else {}


def mended(data: Any, found: Slips, path: Path = ()) -> Any:
    """Return ``data`` with the keys that are meant."""
    if not found:
        return data
    if isinstance(data, dict):
        return {
            found.get((*path, key), key): mended(value, found, (*path, key))
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [mended(value, found, (*path, index)) for index, value in enumerate(data)]
    return data


def as_written(findings: Iterable[Finding], found: Slips) -> Iterable[Finding]:
    """Point findings of mended data at the keys that are really there.

    What a mistyped section lacks is not reported: it may inherit it once its name is right.
    """
    for finding in findings:
        for path, meant in found.items():
            there = (*path[:-1], meant)
            if finding.path[: len(there)] == there:
                if finding.rule == "missing-key":
                    break
                finding = replace(finding, path=path + finding.path[len(there) :])
        else:
            yield finding
