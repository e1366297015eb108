"""Which names a list in a script holds, told from its text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from generator.glue_script.calls import Script

_DEEPEST = 20
_PASS_ON = ("dict", "frozenset", "list", "set", "sorted", "tuple")
"""Functions whose result holds the names of their one argument."""


class Names(NamedTuple):
    """Names that are in a list for ``sure``, and those that are in it ``perhaps``."""

    sure: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()

    def doubted(self) -> Names:
        """Return the same names, none of them for sure."""
        return Names((), (*self.sure, *self.perhaps))


def names_of(node: ast.AST | None, script: Script, depth: int = 0) -> Names | None:
    """Return the names in the list that ``node`` makes; None where they cannot be told.

    Understood are literals, names that are given such a value once, ``+`` and ``|``, ``*other``,
    ``a if … else b``, ``list(other)`` and comprehensions that only choose.
    """
    if depth > _DEEPEST:
        return None

    def inner(*parts: ast.AST) -> Names | None:
        return _together(names_of(part, script, depth + 1) for part in parts)

    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return _together(
                inner(part.value) if isinstance(part, ast.Starred) else _text(part, script)
                for part in parts
            )
        case ast.Dict(keys=keys):
            return _together(_text(key, script) for key in keys)
        case ast.BinOp(left=left, right=right, op=ast.Add() | ast.BitOr()):
            return inner(left, right)
        case ast.IfExp(body=body, orelse=other):
            either = inner(body, other)
            return either and either.doubted()
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return _chosen(node, inner(node.generators[0].iter))
    same = _same_names(node, script)
    return None if same is None else inner(same)


def _same_names(node: ast.AST | None, script: Script) -> ast.AST | None:
    """Return another node that holds the same names as ``node``."""
    match node:
        case ast.Name():
            return _only_value(node, script)
        case ast.Call(func=ast.Name(id=function), args=[part], keywords=[]):
            return part if function in _PASS_ON else None
        case ast.Call(func=ast.Attribute(value=part, attr="keys"), args=[]):
            return part
    return None


def _together(parts: Iterable[Names | None]) -> Names | None:
    sure: list[str] = []
    perhaps: list[str] = []
    for part in parts:
        if part is None:
            return None
        sure += part.sure
        perhaps += part.perhaps
    return Names(tuple(sure), tuple(perhaps))


def _chosen(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp, names: Names | None
) -> Names | None:
    """Understand ``[name for name in names if …]``."""
    generator = node.generators[0]
    same = ast.dump(node.elt) == ast.dump(ast.Name(getattr(generator.target, "id", ""), ast.Load()))
    if names is None or not same or len(node.generators) > 1:
        return None
    return names.doubted() if generator.ifs else names


def _text(node: ast.AST | None, script: Script) -> Names | None:
    if isinstance(node, ast.Name):
        node = _only_value(node, script)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Names((node.value,))
    return None


def _only_value(node: ast.Name, script: Script) -> ast.AST | None:
    """Return what a name stands for, if it is given a value in one place of the script only."""
    values = script.bindings.get(node.id, [])
    return values[0] if len(values) == 1 else None
