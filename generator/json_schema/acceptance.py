"""Whether data fits a JSON Schema, as one fast yes; a no says nothing and is left to jsonschema.

Most files that a linter or Airflow reads are right, and jsonschema takes ten times as long to say
so. A schema becomes nested functions once per process; where one cannot be sure it answers no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from generator.json_schema.references import follow

Accepts = Callable[[Any], bool]

_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
LONGEST_MATCH = 10_000
"""Characters of the longest text that a pattern can accept."""

_ANNOTATIONS = {
    "$defs",
    "$id",
    "$schema",
    "advice",
    "default",
    "description",
    "else",
    "examples",
    "required",
    "renamed",
    "runTimeTemplate",
    "then",
    "title",
    "additionalProperties",
}
"""Keywords that have nothing to say, or whose part another one does."""


def acceptance(schema: Any, file: str) -> Accepts:
    """Return a function that is true only for data that ``schema`` accepts.

    ``file`` is the schema file that it stands in, for ``$ref``. Raises KeyError for a keyword that
    is not known here.
    """
    if isinstance(schema, bool):
        return lambda _value: schema
    tests = []
    if "required" in schema or "properties" in schema or "additionalProperties" in schema:
        tests.append(_members(schema, file))
    for keyword, argument in schema.items():
        if keyword not in _ANNOTATIONS and keyword != "properties":
            tests.append(_BUILDERS[keyword](argument, schema, file))
    return _all_of(tests)


def _all_of(tests: list[Accepts]) -> Accepts:
    if len(tests) == 1:
        return tests[0]

    def accepts(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - all() with a generator takes twice as long
            if not test(value):
                return False
        return True

    return accepts


def _members(schema: Mapping[str, Any], file: str) -> Accepts:
    required = schema.get("required", ())
    known = {name: acceptance(about, file) for name, about in schema.get("properties", {}).items()}
    other = acceptance(schema.get("additionalProperties", True), file)

    def accepts(value: Any) -> bool:
        if type(value) is not dict:
            return True
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():  # noqa: SIM110
            if not known.get(name, other)(item):
                return False
        return True

    return accepts


def _type(names: Any, _schema: Any, _file: str) -> Accepts:
    listed = names if isinstance(names, list) else [names]
    types = {kind for name in listed for kind in _TYPES[name]}
    return lambda value: type(value) in types


def _reference(target: str, _schema: Any, file: str) -> Accepts:
    return acceptance(*follow(target, file))


def _each_of(schemas: list[Any], _schema: Any, file: str) -> Accepts:
    return _all_of([acceptance(schema, file) for schema in schemas])


def _condition(condition: Mapping[str, Any], schema: Mapping[str, Any], file: str) -> Accepts:
    # A no that is only a doubt would choose the wrong branch; these two keywords have no doubt.
    if not condition.keys() <= {"type", "required"}:
        raise KeyError(f"if: {condition}")
    applies = acceptance(condition, file)
    then = acceptance(schema.get("then", True), file)
    otherwise = acceptance(schema.get("else", True), file)
    return lambda value: then(value) if applies(value) else otherwise(value)


def _choice(choices: list[Any], _schema: Any, _file: str) -> Accepts:
    known = {(type(choice), choice) for choice in choices}
    return lambda value: _is_plain(value) and (type(value), value) in known


def _pattern(pattern: str, _schema: Any, _file: str) -> Accepts:
    return lambda value: (
        type(value) is not str
        or (len(value) <= LONGEST_MATCH and _search(pattern)(value) is not None)
    )


@cache
def _search(pattern: str) -> Callable[[str], object]:
    """Compile a pattern when it is needed first: there are hundreds, and a file needs few."""
    try:
        # `$` lets a final newline pass in Python, not in a JSON Schema.
        return re.compile(re.sub(r"\$$", r"\\Z", pattern)).search
    except re.error:  # a spelling that Python lacks
        return lambda _text: None


def _items(schema: Any, _schema: Any, file: str) -> Accepts:
    accepts = acceptance(schema, file)
    return lambda value: type(value) is not list or all(map(accepts, value))


def _names(schema: Any, _schema: Any, file: str) -> Accepts:
    accepts = acceptance(schema, file)
    return lambda value: type(value) is not dict or all(map(accepts, value))


def _unique(wanted: bool, _schema: Any, _file: str) -> Accepts:
    def accepts(value: Any) -> bool:
        if type(value) is not list or not wanted:
            return True
        return all(map(_is_plain, value)) and len(set(value)) == len(value)

    return accepts


def _size(kinds: tuple[type, ...], fits: Callable[[int, int], bool]) -> Callable[..., Accepts]:
    def build(limit: int, _schema: Any, _file: str) -> Accepts:
        return lambda value: type(value) not in kinds or fits(len(value), limit)

    return build


def _limit(fits: Callable[[float, float], bool]) -> Callable[..., Accepts]:
    def build(limit: float, _schema: Any, _file: str) -> Accepts:
        return lambda value: type(value) not in (int, float) or fits(value, limit)

    return build


def _is_plain(value: Any) -> bool:
    return type(value) in (str, int, float, bool)


_BUILDERS: dict[str, Callable[[Any, Any, Any], Accepts]] = {
    "$ref": _reference,
    "allOf": _each_of,
    "const": lambda value, *rest: _choice([value], *rest),
    "enum": _choice,
    "exclusiveMaximum": _limit(lambda value, limit: value < limit),
    "exclusiveMinimum": _limit(lambda value, limit: value > limit),
    "if": _condition,
    "items": _items,
    "maxItems": _size((list,), lambda size, limit: size <= limit),
    "maxLength": _size((str,), lambda size, limit: size <= limit),
    "maxProperties": _size((dict,), lambda size, limit: size <= limit),
    "maximum": _limit(lambda value, limit: value <= limit),
    "minItems": _size((list,), lambda size, limit: size >= limit),
    "minLength": _size((str,), lambda size, limit: size >= limit),
    "minProperties": _size((dict,), lambda size, limit: size >= limit),
    "minimum": _limit(lambda value, limit: value >= limit),
    "pattern": _pattern,
    "propertyNames": _names,
    "type": _type,
    "uniqueItems": _unique,
}
