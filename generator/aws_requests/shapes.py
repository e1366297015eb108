"""Values checked against the shapes of a botocore model, every constraint of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
Shape = Mapping[str, Any]

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
    "map": (dict, Mapping),  # an abstract class alone takes five times as long to ask
    "structure": (dict, Mapping),
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
    """One value that AWS would refuse: where it is, what is wrong in AWS's words, the value.

    ``constraint`` names the trait of the model that is broken (``max``, ``pattern``, …; ``known``
    and ``type`` where none says it), ``limit`` is what the trait says, ``shape`` its shape.
    """

    path: Path
    message: str
    value: Any
    constraint: str = ""
    limit: Any = None
    shape: str = ""

    @property
    def sentence(self) -> str:
        """The whole complaint as AWS phrases it."""
        shown = "null" if self.value is None else f"'{self.value}'"
        return (
            f"Value {shown} at '{_dotted(self.path)}' failed to satisfy constraint: {self.message}"
        )


def violations(shapes: Mapping[str, Shape], name: str, value: Any) -> list[Violation]:
    """Return what the shape ``name`` has against ``value``, in the model's order.

    A shape that ``shapes`` lacks accepts everything, as does a JSON document.
    """
    found: list[Violation] = []
    _check(shapes, name, value, (), found)
    return found


@cache
def python_pattern(pattern: str) -> re.Pattern[str] | None:
    """The model's Java pattern for Python, or None where it has no meaning in Python."""
    try:
        return re.compile(python_spelling(pattern))
    except re.error:
        return None


def python_spelling(pattern: str) -> str:
    """The model's Java pattern as Python writes it."""
    for java, python in _JAVA_SPELLINGS:
        pattern = pattern.replace(java, python)
    return pattern


def _dotted(path: Path) -> str:
    """AWS's spelling of a path: members start in lower case, list items are `.N.member`."""
    parts = [
        f"{part + 1}.member" if isinstance(part, int) else part[:1].lower() + part[1:]
        for part in path
    ]
    return ".".join(parts)


def _check(
    shapes: Mapping[str, Shape], name: str, value: Any, path: Path, found: list[Violation]
) -> None:
    """Add to ``found`` what the shape ``name`` has against ``value``."""
    shape = shapes.get(name)
    if shape is None or shape.get("document"):
        return
    kind = shape["type"]
    expected = _PYTHON_TYPES.get(kind)
    if value is None:
        found.append(Violation(path, "Member must not be null", value, "required", None, name))
    elif expected and not _is_one_of(value, expected):
        message = f"Member must be of type {kind}"
        found.append(Violation(path, message, value, "type", kind, name))
    elif kind in _MEMBERS:
        _MEMBERS[kind](shapes, shape, value, path, found)
    elif kind in _VALUES:
        for constraint, limit, message in _VALUES[kind](shape, value):
            found.append(Violation(path, message, value, constraint, limit, name))


def _is_one_of(value: Any, expected: tuple[type, ...]) -> bool:
    # bool is an int to Python, but not to AWS.
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


def _check_structure(
    shapes: Mapping[str, Shape], shape: Shape, value: Any, path: Path, found: list[Violation]
) -> None:
    members = shape["members"]
    for name in shape.get("required", ()):
        if value.get(name) is None:
            message = "Member must not be null"
            found.append(Violation((*path, name), message, None, "required"))
    if shape.get("union") and len(value) != 1:
        message = f"Member must have exactly one of: [{', '.join(members)}]"
        found.append(Violation(path, message, dict(value), "union", list(members)))
    for name, item in value.items():
        if name not in members:
            found.append(Violation((*path, name), "Member is unknown", item, "known"))
        elif item is not None:
            _check(shapes, members[name]["shape"], item, (*path, name), found)


def _check_list(
    shapes: Mapping[str, Shape], shape: Shape, value: Any, path: Path, found: list[Violation]
) -> None:
    for constraint, limit, message in _size(shape, len(value), "length"):
        found.append(Violation(path, message, value, constraint, limit))
    for index, item in enumerate(value):
        _check(shapes, shape["member"]["shape"], item, (*path, index), found)


def _check_map(
    shapes: Mapping[str, Shape], shape: Shape, value: Any, path: Path, found: list[Violation]
) -> None:
    for constraint, limit, message in _size(shape, len(value), "length"):
        found.append(Violation(path, message, dict(value), constraint, limit))
    for key, item in value.items():
        _check(shapes, shape["key"]["shape"], key, (*path, key), found)
        _check(shapes, shape["value"]["shape"], item, (*path, key), found)


Broken = tuple[str, Any, str]
"""A constraint, its limit, and AWS's words for it."""


def _text(shape: Shape, value: str) -> Iterable[Broken]:
    broken = _size(shape, len(value), "length")
    wanted = shape.get("pattern")
    pattern = python_pattern(wanted) if wanted else None
    if pattern and not pattern.fullmatch(value):
        message = f"Member must satisfy regular expression pattern: {wanted}"
        broken = [*broken, ("pattern", wanted, message)]
    enum = shape.get("enum")
    if enum and value not in enum:
        message = f"Member must satisfy enum value set: [{', '.join(enum)}]"
        broken = [*broken, ("enum", enum, message)]
    return broken


def _number(shape: Shape, value: float) -> Iterable[Broken]:
    return _size(shape, value, "value")


def _size(shape: Shape, size: float, noun: str) -> Iterable[Broken]:
    least, most = shape.get("min"), shape.get("max")
    if least is not None and size < least:
        return [("min", least, f"Member must have {noun} greater than or equal to {least}")]
    if most is not None and size > most:
        return [("max", most, f"Member must have {noun} less than or equal to {most}")]
    return ()


_MEMBERS: dict[str, Callable[[Any, Any, Any, Path, list[Violation]], None]] = {
    "structure": _check_structure,
    "list": _check_list,
    "map": _check_map,
}
_VALUES: dict[str, Callable[[Any, Any], Iterable[Broken]]] = {
    "string": _text,
    **dict.fromkeys(("integer", "long", "float", "double"), _number),
}
