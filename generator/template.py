"""Task templates: YAML structure read once, values that are ``${{ … }}`` expressions.

A template is compiled as one Jinja expression: its structure is a literal of mappings and lists,
so values are inserted as data and nothing in them can change the structure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Undefined, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser

from generator.expressions.expression import has_expression
from generator.yaml_file.document import Document, read


class Omit(Enum):
    """The kind of OMIT: one value that no data can equal."""

    OMIT = "omit"


OMIT = Omit.OMIT
"""The value of ``omit`` in a template: a key or list item that has it is left out."""

Fill = Callable[[Mapping[str, Any]], Any]

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_RUN_TIME = re.compile(r"(?<!\$)\{\{(.*?)\}\}", re.DOTALL)


@cache
def template(name: str) -> Fill:
    """Return ``templates/<name>.yaml`` as a function from a scope to plain data.

    The function raises jinja2.UndefinedError where the template asks for what the scope lacks.
    """
    body = [nodes.Assign(nodes.Name("result", "store"), _compile(source(name)), lineno=1)]
    expression = TemplateExpression(_JINJA.from_string(nodes.Template(body, lineno=1)), False)
    return lambda scope: expression(**scope)


@cache
def source(name: str) -> dict[str, Any]:
    """Return ``templates/<name>.yaml`` as it is written, with its expressions."""
    path = Path(__file__).parent / "templates" / f"{name}.yaml"
    document = read(path.read_text("utf-8"), path.name)
    if not isinstance(document, Document):
        raise ValueError(str(document))
    return dict(document.data)


def lookups(text: str) -> Iterator[str]:
    """Yield what the expressions of a template's text look up, in order: ``job.script``, ``run``.

    Of a run-time template it is the names in brackets: ``ModelName`` of ``{{ x['ModelName'] }}``.
    """
    for each in _EXPRESSION.findall(text):
        yield from _chains(_parse(each))
    for each in _RUN_TIME.findall(text):
        for node in nodes.List([_parse(each)]).find_all(nodes.Getitem):
            if isinstance(node.arg, nodes.Const):
                yield str(node.arg.value)


def _chains(node: nodes.Node) -> Iterator[str]:
    if chain := _chain(node):
        yield chain
        return
    for child in node.iter_child_nodes():
        yield from _chains(child)


def _chain(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    inner = _chain(node.node) if isinstance(node, nodes.Getattr) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, nodes.Getattr) else ""


def _compile(node: Any) -> nodes.Expr:
    if isinstance(node, dict):
        pairs = [nodes.Pair(_compile(key), _compile(value)) for key, value in node.items()]
        literal: nodes.Expr = nodes.Dict(pairs)
        return _filter(literal, "kept_members") if _varies(node.values()) else literal
    if isinstance(node, list):
        literal = nodes.List([_compile(item) for item in node])
        return _filter(literal, "kept_items") if _varies(node) else literal
    if isinstance(node, str) and has_expression(node):
        return _compile_text(node)
    return nodes.Const(node)


def _varies(values: Iterable[Any]) -> bool:
    """Tell whether one of the values is an expression, which can be OMIT or undefined."""
    return any(isinstance(value, str) and has_expression(value) for value in values)


def _filter(value: nodes.Expr, name: str) -> nodes.Expr:
    return nodes.Filter(value, name, [], [], None, None)


def _compile_text(text: str) -> nodes.Expr:
    """Compile a text: one whole expression keeps the type of its value, anything else is text."""
    whole = _EXPRESSION.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return _parse(whole[1])
    return nodes.Concat(
        [
            _filter(_parse(piece), "text") if index % 2 else nodes.Const(piece)
            for index, piece in enumerate(_EXPRESSION.split(text))
        ]
    )


def _parse(expression: str) -> nodes.Expr:
    return Parser(_JINJA, expression, state="variable").parse_expression()


def _kept_members(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if _is_kept(value)}


def _kept_items(items: list[Any]) -> list[Any]:
    return [item for item in items if _is_kept(item)]


def _is_kept(value: Any) -> bool:
    if isinstance(value, Undefined):
        str(value)  # raises UndefinedError with Jinja's own words
    return value is not OMIT


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or value is OMIT:
        raise TypeError("only text and numbers can stand inside other text")
    return str(value)


def _jinja() -> Environment:
    # These are our own files, and no pipeline can add to them: no sandbox, which would take three
    # times as long. Jinja's optimizer takes longer than it saves. Nothing here is HTML.
    jinja = Environment(undefined=StrictUndefined, optimized=False)  # noqa: S701
    jinja.globals.clear()
    jinja.filters |= {"kept_members": _kept_members, "kept_items": _kept_items, "text": _text}
    return jinja


_JINJA = _jinja()
