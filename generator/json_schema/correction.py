"""What somebody can only have meant by a value that the schema refuses, as YAML text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from yaml import YAMLError

from generator.problem import QUOTED, only_match
from generator.yaml_file.data import RefusedError, parse
from generator.yaml_file.quoting import written

_MOST = 100
"""Unknown keys of one mapping; what somebody means who writes more cannot be told."""

_WORDS = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}


def meant_keys(
    written_keys: Sequence[str], known: Sequence[str], renamed: Mapping[str, str]
) -> dict[str, str]:
    """Return the known key that each unknown one is a slip of, where there is no doubt.

    ``renamed`` are keys of the same meaning elsewhere. There is doubt where two mean one, or
    where that one is written, too.
    """
    unknown = [key for key in written_keys if key not in known]
    if len(unknown) > _MOST:
        return {}
    matches = {key: renamed.get(key) or only_match(key, known) for key in unknown}
    found = list(matches.values())
    return {
        key: match
        for key, match in matches.items()
        if match and match not in written_keys and found.count(match) == 1
    }


def meant_choice(value: Any, choices: Sequence[Any]) -> str | None:
    """Return the choice that ``value`` is a slip of: ``G1.X``, ``"1"`` for 1."""
    if not isinstance(value, str):
        return None
    for choice in choices:
        if not isinstance(choice, str) and value == json.dumps(choice):
            return value
    match = only_match(value, [choice for choice in choices if isinstance(choice, str)])
    return written(match) if match else None


def of_type(value: Any, kinds: Sequence[str], schema: Mapping[str, Any]) -> str | None:
    """Return what to write for a value that has none of the types ``kinds``.

    Only what the rest of its schema accepts: 3.2 in quotes is still no version.
    """
    for kind in kinds:
        for text, read in _readings(value, kind, schema):
            if _fits(read, schema):
                return text
    return None


def _readings(value: Any, kind: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield ways to write ``value`` as a ``kind``, each with what YAML reads."""
    if isinstance(value, str):
        yield from _readings_of_text(value, kind, schema)
    elif kind == "string" and isinstance(value, (bool, int, float)):
        for choice in schema.get("enum", ()):
            if not isinstance(value, bool) and _number(choice) == value:
                yield json.dumps(choice), choice
        yield QUOTED, json.dumps(value)
    elif kind == "integer" and isinstance(value, float) and value.is_integer():
        yield str(int(value)), int(value)


def _readings_of_text(
    value: str, kind: str, schema: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    if kind == "boolean" and value.lower() in _WORDS:
        yield json.dumps(_WORDS[value.lower()]), _WORDS[value.lower()]
    elif kind == "boolean" and value in ("true", "false"):
        yield value, value == "true"
    elif kind in ("number", "integer"):
        number = _number(value)
        if number is not None and (kind == "number" or isinstance(number, int)):
            yield value, number
    elif kind == "array" and "," not in value:
        item = schema.get("items", {})
        if item.get("type") == "string" and _fits(value, item):
            yield f"[{written(value)}]", [value]


def reads_as_another_kind(text: str) -> bool:
    """Tell whether a text would be a number, true or false without its quotes."""
    return _number(text) is not None or text in ("true", "false")


def _number(text: Any) -> int | float | None:
    """Read a text as a number the way YAML does; None where it is none."""
    try:
        read = parse(text)[1] if isinstance(text, str) else None
    except (RefusedError, YAMLError):
        return None
    return read if isinstance(read, (int, float)) and not isinstance(read, bool) else None


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value of the right type is also within the schema's other limits."""
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        whole = re.sub(r"\$$", r"\\Z", schema.get("pattern", ""))
        length = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        return length and re.search(whole, value) is not None
    if isinstance(value, (int, float)):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return bool(low <= value <= high)
    return True
