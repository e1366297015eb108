"""What a run-time template reads, and the same template reading something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from generator.expressions.run_time_template import PARSER

Names = tuple[str, ...]
"""``("dag_run", "conf", "day")``; a step that only the run knows is empty."""


@dataclass(frozen=True)
class Lookup:
    """One value that a template reads; ``guarded`` where ``| default(…)`` follows at once."""

    names: Names
    guarded: bool


def lookups(text: str) -> list[Lookup]:
    """Return what ``text`` reads, in order; nothing where it cannot be parsed."""
    try:
        return list(dict.fromkeys(_lookups(PARSER.parse(text), guarded=False)))
    except (TemplateSyntaxError, RecursionError):
        return []


def rewritten(text: str, change: Callable[[Names], str | None]) -> str:
    """Return ``text`` with each lookup that is written with dots replaced by what it changes to.

    ``change`` gets the names and returns an expression, or None to leave them alone.
    """
    try:
        tokens = [(kind, value) for _, kind, value in PARSER.lex(text)]
    except TemplateSyntaxError:
        return text
    if "".join(value for _, value in tokens) != text:
        return text  # Jinja's lexer drops a last line break
    return "".join(_changed(tokens, change))


def _lookups(node: nodes.Node, guarded: bool) -> Iterator[Lookup]:
    if isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem)):
        names, others = _chain(node)
        if names:
            yield Lookup(names, guarded)
    elif isinstance(node, nodes.Filter):
        others = [*node.args, *node.kwargs]
        if node.node is not None:
            yield from _lookups(node.node, guarded=node.name == "default")
    else:
        others = list(node.iter_child_nodes())
    for other in others:
        yield from _lookups(other, guarded=False)


def _chain(node: nodes.Node) -> tuple[Names, list[nodes.Node]]:
    """Return the names of a lookup from left to right, and what else is read on the way."""
    if isinstance(node, nodes.Name):
        return (node.name,), []
    if isinstance(node, nodes.Getattr):
        names, others = _chain(node.node)
        return names and (*names, node.attr), others
    if isinstance(node, nodes.Getitem):
        names, others = _chain(node.node)
        if isinstance(node.arg, nodes.Const):
            return names and (*names, str(node.arg.value)), others
        return names and (*names, ""), [*others, node.arg]
    return (), [node]


def _changed(tokens: list[tuple[str, str]], change: Callable[[Names], str | None]) -> Iterator[str]:
    """Yield the source anew, piece by piece."""
    index, before = 0, ""
    while index < len(tokens):
        kind, value = tokens[index]
        end = index + 1
        if kind == "name" and before not in (".", "|"):
            while [token[0] for token in tokens[end : end + 2]] == ["operator", "name"]:
                if tokens[end][1] != ".":
                    break
                end += 2
            names = tuple(token[1] for token in tokens[index:end:2])
            value = "".join(token[1] for token in tokens[index:end])
            value = change(names) or value
        if kind != "whitespace":
            before = value
        yield value
        index = end
