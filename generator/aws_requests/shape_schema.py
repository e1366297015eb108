"""A shape of a botocore model as a JSON Schema, so that right requests are accepted fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from generator.aws_requests.shapes import Shape, python_spelling

Shapes = Mapping[str, Shape]

_TYPES = {
    "boolean": "boolean",
    "double": "number",
    "float": "number",
    "integer": "integer",
    "long": "integer",
}
_LIMITS = {
    "list": ("minItems", "maxItems"),
    "map": ("minProperties", "maxProperties"),
    "string": ("minLength", "maxLength"),
    **dict.fromkeys(_TYPES, ("minimum", "maximum")),
}


def json_schema(shapes: Shapes, name: str, within: tuple[str, ...] = ()) -> Any:
    """Return a schema that accepts nothing that the shape ``name`` refuses.

    ``within`` are the shapes around it; one that holds itself is accepted nowhere inside.
    """
    shape = shapes.get(name)
    if shape is None or shape.get("document"):
        return True
    if name in within:
        return False
    limits = zip(_LIMITS.get(shape["type"], ()), ("min", "max"), strict=False)
    schema = {keyword: shape[limit] for keyword, limit in limits if limit in shape}
    inner = (*within, name)
    return schema | _KINDS.get(shape["type"], _other)(
        shape, lambda member: json_schema(shapes, member["shape"], inner)
    )


Inner = Callable[[Mapping[str, Any]], Any]


def _structure(shape: Shape, inner: Inner) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": shape.get("required", []),
        "properties": {name: inner(member) for name, member in shape["members"].items()},
        "additionalProperties": False,
    }
    return schema | ({"minProperties": 1, "maxProperties": 1} if shape.get("union") else {})


def _list(shape: Shape, inner: Inner) -> dict[str, Any]:
    return {"type": "array", "items": inner(shape["member"])}


def _map(shape: Shape, inner: Inner) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": inner(shape["key"]),
        "additionalProperties": inner(shape["value"]),
    }


def _string(shape: Shape, _inner: Inner) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if shape.get("pattern"):
        schema["pattern"] = f"^(?:{python_spelling(shape['pattern'])})$"
    return schema | ({"enum": shape["enum"]} if shape.get("enum") else {})


def _other(shape: Shape, _inner: Inner) -> dict[str, Any]:
    known = _TYPES.get(shape["type"])
    return {"type": known} if known else {}


_KINDS = {"structure": _structure, "list": _list, "map": _map, "string": _string}
