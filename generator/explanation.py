"""JSON Schema errors in the user's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import ValidationError

from generator.problem import Finding, Path, did_you_mean

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
        yield Finding(path, "missing-value", f"'{path[-1]}' has no value", _accepted(error.schema))
        return
    explanation = _EXPLANATIONS.get(str(error.validator), _other)
    yield from explanation(error, path)


def _unknown_keys(error: ValidationError, path: Path) -> Iterator[Finding]:
    known = list(error.schema.get("properties", {}))
    for key in sorted(set(error.instance) - set(known)):
        hint = did_you_mean(key, known) or "known here: " + ", ".join(sorted(known))
        where = "a pipeline" if not path else f"'{_name(path)}'"
        message = f"'{key}' is not a key of {where}"
        yield Finding((*path, key), "unknown-key", message, hint, at_key=True)


def _missing_key(error: ValidationError, path: Path) -> Iterator[Finding]:
    for key in error.validator_value:
        if key not in error.instance:
            about = error.schema.get("properties", {}).get(key, {})
            where = "the file" if not path else f"'{_name(path)}'"
            hint = _example(key, about)
            yield Finding(path, "missing-key", f"{where} needs '{key}'", hint, at_key=True)


def _wrong_type(error: ValidationError, path: Path) -> Iterator[Finding]:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    names = " or ".join(_KINDS[kind] for kind in kinds)
    message = f"'{_name(path)}' must be {names}, not {_shown(error.instance)}"
    yield Finding(path, "wrong-type", message, _type_hint(error, kinds))


def _wrong_choice(error: ValidationError, path: Path) -> Iterator[Finding]:
    value = error.validator_value
    choices = list(value) if error.validator == "enum" else [value]
    texts = [_plain(choice) for choice in choices]
    message = f"{_shown(error.instance)} is not a value of '{_name(path)}'"
    hint = did_you_mean(str(error.instance), texts) or "accepted: " + ", ".join(texts)
    yield Finding(path, "wrong-value", message, hint)


def _wrong_pattern(error: ValidationError, path: Path) -> Iterator[Finding]:
    if "propertyNames" in error.schema_path:
        message = f"'{error.instance}' cannot be a name in '{_name(path)}'"
        yield Finding((*path, error.instance), "wrong-value", message, _accepted(error.schema))
        return
    message = f"{_shown(error.instance)} is not a valid '{_name(path)}'"
    yield Finding(path, "wrong-value", message, _accepted(error.schema))


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
    limit = f"{_LIMITS[error.validator]} {_plain(error.validator_value)}"
    message = f"'{_name(path)}' must be {limit}, not {_shown(error.instance)}"
    yield Finding(path, "out-of-range", message)


def _wrong_size(error: ValidationError, path: Path) -> Iterator[Finding]:
    limit = _SIZES[error.validator].format(error.validator_value)
    has = len(error.instance)
    message = f"'{_name(path)}' must have {limit}; it has {has}"
    yield Finding(path, "out-of-range", message)


def _repeated(_error: ValidationError, path: Path) -> Iterator[Finding]:
    yield Finding(path, "wrong-value", f"'{_name(path)}' lists the same item twice")


def _depends(error: ValidationError, path: Path) -> Iterator[Finding]:
    for key, needed in error.validator_value.items():
        absent = [name for name in needed if name not in error.instance]
        if key in error.instance and absent:
            message = f"'{key}' needs '{absent[0]}' beside it"
            yield Finding((*path, key), "missing-key", message, at_key=True)


def _other(error: ValidationError, path: Path) -> Iterator[Finding]:
    yield Finding(path, "wrong-value", f"'{_name(path)}': {error.message}")


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


def _name(path: Path) -> str:
    """Name a value by its own key; an item of a list by the list's."""
    keys = [step for step in path if isinstance(step, str)]
    return keys[-1] if keys else "the file"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "`key: value` lines"
    if isinstance(value, list):
        return "a list"
    text = _plain(value)
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def _example(key: str, about: Mapping[str, Any]) -> str:
    examples = about.get("examples")
    return f"for example `{key}: {_plain(examples[0])}`" if examples else ""


def _accepted(schema: Mapping[str, Any]) -> str:
    if "examples" not in schema:
        return ""
    return "for example " + " or ".join(_plain(example) for example in schema["examples"][:2])


def _type_hint(error: ValidationError, kinds: list[str]) -> str:
    if isinstance(error.instance, str):
        if "boolean" in kinds and error.instance.lower() in ("yes", "no", "on", "off"):
            return "write true or false"
        if {"integer", "number"} & set(kinds):
            return "remove the quotes" if _is_number(error.instance) else ""
    if kinds == ["string"] and isinstance(error.instance, (int, float)):
        return f'put it in quotes: "{_plain(error.instance)}"'
    return _accepted(error.schema)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
