"""How keys, values and what a schema accepts are written in a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from generator.json_schema import correction
from generator.problem import QUOTED, Path

_LONGEST = 60
WITHOUT_QUOTES = "remove the quotes"


def name(path: Path) -> str:
    """Name a value by its own key; an item of a list by the list's."""
    keys = [step for step in path if isinstance(step, str)]
    return keys[-1] if keys else "the file"


def plain(value: Any) -> str:
    """Write a value as YAML has it, a text without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def shown(value: Any) -> str:
    """Show a value that somebody wrote, in quotes and not too long."""
    if isinstance(value, dict):
        return "`key: value` lines"
    if isinstance(value, list):
        return "a list"
    text = plain(value)
    return f"'{text if len(text) <= _LONGEST else text[: _LONGEST - 3] + '...'}'"


def with_kind(value: Any) -> str:
    """Show a value and what YAML takes it for, where that can surprise: 5.0 and "5.0"."""
    if isinstance(value, bool):
        return plain(value)
    if isinstance(value, (int, float)):
        return f"the number {plain(value)}"
    surprising = isinstance(value, str) and correction.reads_as_another_kind(value)
    return f"the text {shown(value)}" if surprising else shown(value)


def example(key: str, about: Mapping[str, Any]) -> str:
    """Return a hint that shows the key with a value."""
    examples = about.get("examples")
    return f"for example `{key}: {plain(examples[0])}`" if examples else ""


def accepted(schema: Mapping[str, Any]) -> str:
    """Return a hint that lists what a schema accepts, or gives an example of it."""
    if "enum" in schema:
        return "accepted: " + ", ".join(plain(choice) for choice in schema["enum"])
    if "examples" not in schema:
        return ""
    return "for example " + " or ".join(plain(each) for each in schema["examples"][:2])


def how_to_write(meant: str | None, value: Any, schema: Mapping[str, Any]) -> str:
    """Return a hint for a value of the wrong type, from what alone can be meant, if anything."""
    if meant is None:
        return accepted(schema)
    if meant == QUOTED:
        return "put it in quotes"
    return WITHOUT_QUOTES if meant == value else f"write {meant}"
