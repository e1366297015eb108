"""jsonschema with our own keywords: every error that a JSON Schema finds in data.

A module of its own, because jsonschema takes a third of the time of a lint that finds nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from generator.expressions.run_time_template import is_template
from generator.json_schema.acceptance import LONGEST_MATCH
from generator.json_schema.references import schema_file
from generator.project import schemas_folder

RUN_TIME_TEMPLATE = "runTimeTemplate"
"""Our schema keyword: Airflow may resolve ``{{ … }}`` in this text when the task runs."""


def errors(name: str, data: Any) -> Iterator[ValidationError]:
    """Yield what ``schemas/<name>`` has against ``data``.

    An error of RUN_TIME_TEMPLATE is none: it says that a text with ``{{ … }}`` may stand there.
    """
    return iter(_validator(name).iter_errors(data))


@cache
def _validator(name: str) -> Any:
    return _VALIDATOR(_content(name), registry=_registry())


def _content(name: str) -> dict[str, Any]:
    # Where a referenced schema names its dialect, jsonschema forgets our own keywords.
    return {key: value for key, value in schema_file(name).items() if key != "$schema"}


@cache
def _registry() -> Registry:
    folder = schemas_folder()
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.schema.json")]
    resources = ((name, DRAFT202012.create_resource(_content(name))) for name in sorted(names))
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
    if not wanted or not isinstance(instance, list):
        return
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
