"""Task templates: YAML structure read once, values that are ``${{ … }}`` expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from generator.document import Document, read
from generator.expression import evaluate, has_expression


class Omit(Enum):
    """The kind of OMIT: one value that no data can equal."""

    OMIT = "omit"


OMIT = Omit.OMIT
"""The value of ``omit`` in a template: a key or list item that has it is left out."""

Fill = Callable[[Mapping[str, Any]], Any]


@cache
def template(name: str) -> Fill:
    """Return ``templates/<name>.yaml`` as a function from a scope to plain data.

    Values are inserted as data, so nothing in them can change the structure. Raises
    ExpressionError where the template asks for what the scope has not.
    """
    path = Path(__file__).parent / "templates" / f"{name}.yaml"
    document = read(path.read_text("utf-8"), path.name)
    if not isinstance(document, Document):
        raise ValueError(str(document))
    return _compile(document.data)


def _compile(node: Any) -> Fill:
    if isinstance(node, dict):
        return _compile_mapping(node)
    if isinstance(node, list):
        items = [_compile(item) for item in node]
        return lambda scope: [value for item in items if (value := item(scope)) is not OMIT]
    if isinstance(node, str) and has_expression(node):
        return lambda scope: evaluate(node, scope)
    return lambda _scope: node


def _compile_mapping(node: dict[str, Any]) -> Fill:
    entries = [(_compile(key), _compile(value)) for key, value in node.items()]

    def fill(scope: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key(scope): filled for key, value in entries if (filled := value(scope)) is not OMIT
        }

    return fill
