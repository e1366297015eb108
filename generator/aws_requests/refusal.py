"""What AWS has against a value of a request, in plain words."""

from __future__ import annotations

import re
from collections.abc import Sized
from typing import Any

from generator.aws_requests.service_model import extract_version
from generator.aws_requests.shapes import Violation
from generator.problem import did_you_mean, dotted

GROWING = {
    "ProductionVariantInstanceType": "instance types for endpoints",
    "TrainingInstanceType": "instance types for training",
    "WorkerType": "worker types of Glue",
}
"""Lists of AWS that grow faster than botocore is brought up to date."""

_TYPES = {
    "boolean": "true or false",
    "double": "a number",
    "float": "a number",
    "integer": "a whole number",
    "list": "a list",
    "long": "a whole number",
    "map": "a mapping",
    "string": "text",
    "structure": "a mapping",
}
_PATTERNS = {
    ".*": "text on one line",
    "[a-zA-Z0-9:/_-]*": "letters, digits and : / _ -",
    "(https|s3)://([^/]+)/?(.*)": "a URI like s3://bucket/folder/",
}
_LONGEST_SHOWN = 60


def message(violation: Violation, operation: str, at_run_time: bool) -> str:
    """Return what is wrong. ``at_run_time`` tells that the value is what a run can make of it."""
    field = f"{_field(violation)} of {operation}"
    if violation.shape in GROWING and violation.constraint == "enum":
        return f"AWS's list of {GROWING[violation.shape]} does not have '{violation.value}'"
    if violation.constraint in ("min", "max"):
        limit = "at least" if violation.constraint == "min" else "at most"
        unit, size = _measure(violation.value)
        this = f"this {'has' if unit else 'is'} {size}"
        if at_run_time:
            this = f"this can have {size} in a run"
        return f"AWS takes {limit} {_counted(violation.limit, unit)} as {field}, {this}"
    if violation.constraint == "required":
        return f"AWS needs {field}, and nothing gives it"
    if violation.constraint == "known":
        return f"AWS knows no {field}"
    return f"AWS does not take {_shown(violation.value)} as {field}"


def hint(violation: Violation, written: Any) -> str:
    """Return what to do about it; ``written`` is what the user's file says."""
    limit = violation.limit
    if violation.constraint == "enum":
        return _choice(violation)
    if violation.constraint == "type":
        return f"it takes {_TYPES.get(limit, limit)}"
    if violation.constraint == "union":
        return "it takes exactly one of " + ", ".join(limit)
    if violation.constraint == "pattern":
        return f"it takes {_PATTERNS.get(limit, f'text that matches {limit}')}"
    if violation.constraint == "max" and "run_id" in str(written):
        return "a run_id can have 250 characters"
    if violation.constraint == "max" and isinstance(written, str) and isinstance(limit, int):
        return "it becomes longer than it is written here" if len(written) <= limit else ""
    return ""


def _field(violation: Violation) -> str:
    """Name a member of the request by its last two steps; the way there says nothing more."""
    *above, last = (step for step in violation.path if isinstance(step, str))
    if last == violation.value:  # of a mapping, AWS limits the names, too
        return f"a name in {dotted(tuple(above[-1:]))}"
    return dotted((*above[-1:], last))


def _choice(violation: Violation) -> str:
    value, known = violation.value, violation.limit
    if violation.shape not in GROWING:
        return did_you_mean(value, known) or f"it takes {', '.join(known)}"
    near = did_you_mean(value, _alike(value, known))
    return f"{near or 'it may be new:'} the list is that of botocore {extract_version()}"


def _alike(name: str, known: list[str]) -> list[str]:
    """Return the known types of one family, else of one size, with the same numbers if any."""
    family, _, size = name.rpartition(".")
    same_family = [each for each in known if each.rpartition(".")[0] == family]
    near = same_family or [each for each in known if each.rpartition(".")[2] == size]
    same_numbers = [each for each in near if re.findall("[0-9]", each) == re.findall("[0-9]", name)]
    return same_numbers or near


def _measure(value: Any) -> tuple[str, Any]:
    """Return the unit in which AWS measures a value, and the value's size."""
    if isinstance(value, str):
        return "character", len(value)
    return ("value", len(value)) if isinstance(value, Sized) else ("", value)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}" if unit else str(number)


def _shown(value: Any) -> str:
    text = str(value)
    return f"'{text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + '…'}'"
