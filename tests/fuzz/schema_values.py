"""A hypothesis strategy for each JSON Schema: values that the schema accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generator.json_schema.bundle import _resolved

Strategy = st.SearchStrategy[Any]
Path = tuple[str, ...]
Given = Mapping[Path, Strategy]

LARGEST = 2**31 - 1
"""What a number may be where its schema sets no limit: XGBoost and AWS count in 32 bits."""

# What can be seen, in every script; four letters of Hangul are blank.
CHARACTERS = st.characters(
    exclude_categories=["C", "M", "Z"], exclude_characters="\u115f\u1160\u3164\uffa0"
)
_MARKS = st.sampled_from(": #'\"-[]{},&*!|>%@`\\\n~\u00a0\u0301")
TEXT = st.text(CHARACTERS | _MARKS, max_size=40).filter(lambda text: not has_template(text))


def has_template(text: str) -> bool:
    """Tell whether a Jinja would see more than text in ``text``."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)

_ABOUT = {
    *("$id", "$schema", "advice", "default", "description", "examples", "renamed"),
    *("runTimeTemplate", "title"),
}
_HANDLED = {
    *("additionalProperties", "allOf", "const", "else", "enum", "exclusiveMaximum"),
    *("exclusiveMinimum", "if", "items", "maxItems", "maxLength", "maxProperties", "maximum"),
    *("minItems", "minLength", "minProperties", "minimum", "pattern", "properties"),
    *("propertyNames", "required", "then", "type", "uniqueItems"),
}


def values(schema: Mapping[str, Any], given: Given | None = None, path: Path = ()) -> Strategy:
    """Return a strategy for ``schema``, whose references are filled in.

    ``given`` replaces what is drawn at a path of keys; an item of a list is ``[]`` in a path and
    the value of a name that the schema leaves open ``*``. Raises KeyError for an unknown keyword.
    """
    given = given or {}
    if path in given:
        return given[path]
    if unknown := schema.keys() - _HANDLED - _ABOUT:
        raise KeyError(f"no strategy for {sorted(unknown)}")
    if "allOf" in schema:
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            rest = _both(rest, part)
        return values(rest, given, path)
    if "if" in schema:
        return _branches(schema, given, path)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "type" not in schema:
        return ANYTHING
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_KINDS[name](schema, given, path) for name in names])


def matching(pattern: str) -> Strategy:
    """Return text that a schema's pattern accepts as a whole.

    Hypothesis writes what a lookahead looks for as if it were part of the text, so lookaheads only
    judge what the rest of the pattern makes.
    """
    # `$` lets a final newline pass in Python, not in a JSON Schema.
    exact = re.sub(r"\$$", r"\\Z", pattern)
    made = re.sub(r"\(\?[=!].*?\)", "", exact.replace("$", r"\Z"))
    return st.from_regex(made, fullmatch=True, alphabet=CHARACTERS).filter(re.compile(exact).search)


def _branches(schema: Mapping[str, Any], given: Given, path: Path) -> Strategy:
    rest = {key: value for key, value in schema.items() if key not in ("if", "then", "else")}
    applies = Draft202012Validator(schema["if"]).is_valid
    then = _both(_both(rest, schema["if"]), schema.get("then", {}))
    otherwise = _both(rest, schema.get("else", {}))
    return st.one_of(
        values(otherwise, given, path).filter(lambda value: not applies(value)),
        values(then, given, path),
    )


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return one schema that asks for what both ask for; for a limit the later one's."""
    merged = {**one, **other}
    if "type" in one and "type" in other:
        kinds = [
            {kind} if isinstance(kind, str) else set(kind) for kind in (one["type"], other["type"])
        ]
        merged["type"] = sorted(set.intersection(*kinds))
    if "required" in one and "required" in other:
        merged["required"] = sorted({*one["required"], *other["required"]})
    if "properties" in one and "properties" in other:
        shared = one["properties"].keys() & other["properties"].keys()
        both = {key: _both(one["properties"][key], other["properties"][key]) for key in shared}
        merged["properties"] = {**one["properties"], **other["properties"], **both}
    return merged


def _mapping(schema: Mapping[str, Any], given: Given, path: Path) -> Strategy:
    known = {
        key: values(about, given, (*path, key))
        for key, about in schema.get("properties", {}).items()
    }
    required = schema.get("required", [])
    optional = [key for key in known if key not in required]
    chosen = st.lists(st.sampled_from(optional), unique=True) if optional else st.just([])
    others = _other_entries(schema, given, path, list(known))

    @st.composite
    def mapping(draw: st.DrawFn) -> dict[str, Any]:
        own = {key: draw(known[key]) for key in [*required, *draw(chosen)]}
        return {**own, **draw(others)}

    return mapping()


def _other_entries(
    schema: Mapping[str, Any], given: Given, path: Path, known: list[str]
) -> Strategy:
    """Return a strategy for the entries whose names the schema leaves open."""
    about = schema.get("additionalProperties", True)
    if about is False:
        return st.just({})
    names = values(schema.get("propertyNames", {}) | {"type": "string"}, given, (*path, "names"))
    least = max(0, schema.get("minProperties", 0) - len(schema.get("required", [])))
    return st.dictionaries(
        names.filter(lambda name: name not in known),
        values({} if about is True else about, given, (*path, "*")),
        min_size=least,
        max_size=min(5, schema.get("maxProperties", 5)),
    )


def _list(schema: Mapping[str, Any], given: Given, path: Path) -> Strategy:
    return st.lists(
        values(schema.get("items", {}), given, (*path, "[]")),
        min_size=schema.get("minItems", 0),
        max_size=min(5, schema.get("maxItems", 5)),
        unique_by=repr if schema.get("uniqueItems") else None,
    )


def _text(schema: Mapping[str, Any], _given: Given, _path: Path) -> Strategy:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 2**20)
    text = matching(schema["pattern"]) if "pattern" in schema else TEXT
    return text.filter(lambda value: least <= len(value) <= most)


def _integer(schema: Mapping[str, Any], _given: Given, _path: Path) -> Strategy:
    return st.integers(
        max(schema.get("minimum", -LARGEST), schema.get("exclusiveMinimum", -LARGEST - 1) + 1),
        min(schema.get("maximum", LARGEST), schema.get("exclusiveMaximum", LARGEST + 1) - 1),
    )


def _number(schema: Mapping[str, Any], _given: Given, _path: Path) -> Strategy:
    low = schema.get("exclusiveMinimum", schema.get("minimum", -LARGEST))
    high = schema.get("exclusiveMaximum", schema.get("maximum", LARGEST))
    without_low, without_high = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    floats = st.floats(
        low, high, exclude_min=without_low, exclude_max=without_high, allow_subnormal=False
    )
    first, last = int(low) + without_low, int(high) - without_high
    return floats | st.integers(first, last) if first <= last else floats


_KINDS: dict[str, Callable[[Mapping[str, Any], Given, Path], Strategy]] = {
    "array": _list,
    "boolean": lambda *_: st.booleans(),
    "integer": _integer,
    "null": lambda *_: st.none(),
    "number": _number,
    "object": _mapping,
    "string": _text,
}


def whole_schema(name: str) -> dict[str, Any]:
    """Return one of the project's schemas with its references filled in."""
    return _resolved({"$ref": name}, "")


def some_keys(schema: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the schema of a mapping that can have only ``keys``, without its conditions."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: schema["properties"][key] for key in keys},
        "required": [key for key in schema.get("required", []) if key in keys],
    }


def other_keys(schema: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Return the schema of a mapping that cannot have ``keys``, without its conditions."""
    return some_keys(schema, *(key for key in schema["properties"] if key not in keys))
