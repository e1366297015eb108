"""Requests to AWS checked against botocore's service models: patterns, enums, ranges and all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from botocore.loaders import Loader
from botocore.model import (
    ListShape,
    MapShape,
    OperationNotFoundError,
    ServiceModel,
    Shape,
    StructureShape,
)

Path = tuple[str | int, ...]

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
    "map": (Mapping,),
    "structure": (Mapping,),
}

# The models' patterns are Java regular expressions; these are the spellings that Python lacks.
_JAVA_SPELLINGS = (
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
    (r"\p{Alnum}", "a-zA-Z0-9"),
    (r"\p{Print}", r"\x20-\x7E"),
    (r"\p{ASCII}*", r"[\x00-\x7F]*"),
    (r"\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}", r"\S\s"),
    (r"\p{L}\p{M}\p{Z}\p{N}\p{P}", r"\S\s"),
    (r"\p{L}\p{M}\p{S}\p{N}\p{P}", r"\S"),
    (r"\p{L}\p{N}\p{P}", r"\S"),
    (r"\p{L}\p{Z}\p{N}", r"\w\s"),
    (r"\z", r"\Z"),
    (r"[\w-_]", r"[\w\-_]"),
)


class Violation(NamedTuple):
    """One value that AWS would refuse: where it is, what is wrong in AWS's words, the value."""

    path: Path
    message: str
    value: Any

    @property
    def sentence(self) -> str:
        """The whole complaint as AWS phrases it."""
        shown = "null" if self.value is None else f"'{self.value}'"
        return (
            f"Value {shown} at '{_dotted(self.path)}' failed to satisfy constraint: {self.message}"
        )


def find_violations(service: str, operation: str, request: Any) -> list[Violation]:
    """Everything in `request` that the model of `service` refuses, in the model's order.

    `service` is botocore's name ("sagemaker", "glue"), `operation` the API's ("CreateJob").
    Raises KeyError for an operation that the model does not have. botocore's own client checks
    only types, required members and minimums.
    """
    try:
        shape = service_model(service).operation_model(operation).input_shape
    except OperationNotFoundError as error:
        raise KeyError(operation) from error
    return list(_check(shape, request, ())) if shape is not None else []


def summarize(violations: list[Violation]) -> str:
    """The message of AWS's ValidationException for `violations`."""
    noun = "error" if len(violations) == 1 else "errors"
    details = "; ".join(violation.sentence for violation in violations)
    return f"{len(violations)} validation {noun} detected: {details}"


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of `service`, loaded once."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def python_pattern(pattern: str) -> re.Pattern[str] | None:
    """The model's Java pattern for Python, or None where it has no meaning in Python."""
    for java, python in _JAVA_SPELLINGS:
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _dotted(path: Path) -> str:
    """AWS's spelling of a path: members start in lower case, list items are `.N.member`."""
    parts = [
        f"{part + 1}.member" if isinstance(part, int) else part[:1].lower() + part[1:]
        for part in path
    ]
    return ".".join(parts)


def _check(shape: Shape, value: Any, path: Path) -> Iterator[Violation]:
    expected = _PYTHON_TYPES.get(shape.type_name)
    if value is None:
        yield Violation(path, "Member must not be null", value)
    elif expected and not _is_one_of(value, expected):
        yield Violation(path, f"Member must be of type {shape.type_name}", value)
    elif isinstance(shape, StructureShape):
        yield from _check_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _check_size(shape, len(value), "length", value, path)
        for index, item in enumerate(value):
            yield from _check(shape.member, item, (*path, index))
    elif isinstance(shape, MapShape):
        yield from _check_map(shape, value, path)
    elif shape.type_name == "string":
        yield from _check_string(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _check_size(shape, value, "value", value, path)


def _is_one_of(value: Any, expected: tuple[type, ...]) -> bool:
    # bool is an int to Python, but not to AWS.
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


def _check_structure(
    shape: StructureShape, value: Mapping[str, Any], path: Path
) -> Iterator[Violation]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield Violation((*path, name), "Member must not be null", None)
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        names = ", ".join(shape.members)
        yield Violation(path, f"Member must have exactly one of: [{names}]", dict(value))
    for name, item in value.items():
        if name not in shape.members:
            yield Violation((*path, name), "Member is unknown", item)
        elif item is not None:
            yield from _check(shape.members[name], item, (*path, name))


def _check_map(shape: MapShape, value: Mapping[str, Any], path: Path) -> Iterator[Violation]:
    yield from _check_size(shape, len(value), "length", dict(value), path)
    for key, item in value.items():
        yield from _check(shape.key, key, (*path, key))
        yield from _check(shape.value, item, (*path, key))


def _check_string(shape: Shape, value: str, path: Path) -> Iterator[Violation]:
    yield from _check_size(shape, len(value), "length", value, path)
    text = shape.metadata.get("pattern")
    pattern = python_pattern(text) if text else None
    if pattern and not pattern.fullmatch(value):
        yield Violation(path, f"Member must satisfy regular expression pattern: {text}", value)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield Violation(path, f"Member must satisfy enum value set: [{', '.join(enum)}]", value)


def _check_size(
    shape: Shape, size: float, noun: str, value: Any, path: Path
) -> Iterator[Violation]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield Violation(path, f"Member must have {noun} greater than or equal to {least}", value)
    if most is not None and size > most:
        yield Violation(path, f"Member must have {noun} less than or equal to {most}", value)
