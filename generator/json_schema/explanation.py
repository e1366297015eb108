"""JSON Schema errors in the user's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from generator.json_schema import correction, wording
from generator.problem import Finding, Path, did_you_mean

if TYPE_CHECKING:
    from jsonschema import ValidationError

_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "`key: value` lines",
    "string": "text",
}


def explain(error: ValidationError) -> Iterator[Finding]:
    """Return what is wrong, where and what is accepted, without the schema's jargon."""
    path = tuple(error.absolute_path)
    if path and error.instance is None and error.validator != "required":
        yield Finding(
            path, "missing-value", f"'{path[-1]}' has no value", wording.accepted(error.schema)
        )
        return
    explanation = _EXPLANATIONS.get(str(error.validator), _other)
    yield from explanation(error, path)


def _unknown_keys(error: ValidationError, path: Path) -> Iterator[Finding]:
    known = list(error.schema.get("properties", {}))
    # Our keywords: `renamed` is another's name -> the name here, `advice` a key -> what to do.
    renamed = error.schema.get("renamed", {})
    meant = correction.meant_keys(list(error.instance), known, renamed)
    for key in sorted(set(error.instance) - set(known)):
        hint = did_you_mean(key, known) or "known here: " + ", ".join(sorted(known))
        if key in renamed:
            hint = f"here it is called '{renamed[key]}'"
        hint = error.schema.get("advice", {}).get(key, hint)
        where = "a pipeline" if not path else f"'{wording.name(path)}'"
        yield Finding(
            (*path, key),
            "unknown-key",
            f"'{key}' is not a key of {where}",
            hint,
            at_key=True,
            replacement=meant.get(key),
        )


def _missing_key(error: ValidationError, path: Path) -> Iterator[Finding]:
    for key in error.validator_value:
        if key not in error.instance:
            about = error.schema.get("properties", {}).get(key, {})
            where = "the file" if not path else f"'{wording.name(path)}'"
            hint = wording.example(key, about)
            yield Finding(path, "missing-key", f"{where} needs '{key}'", hint, at_key=True)


def _wrong_type(error: ValidationError, path: Path) -> Iterator[Finding]:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    names = " or ".join(_KINDS[kind] for kind in kinds)
    message = f"'{wording.name(path)}' must be {names}, not {wording.with_kind(error.instance)}"
    meant = correction.of_type(error.instance, kinds, error.schema)
    hint = wording.how_to_write(meant, error.instance, error.schema)
    yield Finding(path, "wrong-type", message, hint, replacement=meant)


def _wrong_choice(error: ValidationError, path: Path) -> Iterator[Finding]:
    value = error.validator_value
    choices = list(value) if error.validator == "enum" else [value]
    texts = [wording.plain(choice) for choice in choices]
    message = f"{wording.shown(error.instance)} is not a value of '{wording.name(path)}'"
    hint = did_you_mean(str(error.instance), texts) or "accepted: " + ", ".join(texts)
    meant = correction.meant_choice(error.instance, choices)
    if meant is not None and meant == error.instance and meant not in choices:
        hint = wording.WITHOUT_QUOTES
    yield Finding(path, "wrong-value", message, hint, replacement=meant)


def _wrong_pattern(error: ValidationError, path: Path) -> Iterator[Finding]:
    if "propertyNames" in error.schema_path:
        message = f"'{error.instance}' cannot be a name in '{wording.name(path)}'"
        where = (*path, error.instance)
        yield Finding(where, "wrong-value", message, wording.accepted(error.schema), at_key=True)
        return
    message = f"{wording.shown(error.instance)} is not a valid '{wording.name(path)}'"
    yield Finding(path, "wrong-value", message, wording.accepted(error.schema))


_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_SIZES = {
    "minLength": "at least {} character(s)",
    "maxLength": "at most {} characters",
    "minItems": "at least {} item(s)",
    "maxItems": "at most {} items",
    "minProperties": "at least {} key(s)",
    "maxProperties": "at most {} keys",
}


def _out_of_range(error: ValidationError, path: Path) -> Iterator[Finding]:
    limit = f"{_LIMITS[error.validator]} {wording.plain(error.validator_value)}"
    message = f"'{wording.name(path)}' must be {limit}, not {wording.shown(error.instance)}"
    yield Finding(path, "out-of-range", message)


def _wrong_size(error: ValidationError, path: Path) -> Iterator[Finding]:
    limit = _SIZES[error.validator].format(error.validator_value)
    has = len(error.instance)
    message = f"'{wording.name(path)}' must have {limit}; it has {has}"
    yield Finding(path, "out-of-range", message)


def _repeated(_error: ValidationError, path: Path) -> Iterator[Finding]:
    yield Finding(path, "wrong-value", f"'{wording.name(path)}' lists the same item twice")


def _depends(error: ValidationError, path: Path) -> Iterator[Finding]:
    for key, needed in error.validator_value.items():
        absent = [name for name in needed if name not in error.instance]
        if key in error.instance and absent:
            message = f"'{key}' needs '{absent[0]}' beside it"
            yield Finding((*path, key), "missing-key", message, at_key=True)


def _other(error: ValidationError, path: Path) -> Iterator[Finding]:
    yield Finding(path, "wrong-value", f"'{wording.name(path)}': {error.message}")


_EXPLANATIONS: dict[str, Callable[[ValidationError, Path], Iterator[Finding]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _wrong_choice,
    "const": _wrong_choice,
    "pattern": _wrong_pattern,
    "uniqueItems": _repeated,
    "dependentRequired": _depends,
    **dict.fromkeys(_LIMITS, _out_of_range),
    **dict.fromkeys(_SIZES, _wrong_size),
}
