"""``${{ … }}`` inside one scalar: a lookup in Jinja's sandbox, never text to be re-parsed.

Jinja reads the expression and guards every step of it; nothing is compiled or run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_LONGEST = 200
_FILTERS = ("default", "lower", "upper")
_PLAIN = (str, int, float, bool, type(None), list, dict)


class ExpressionError(Exception):
    """An expression that cannot be read or has no value; the text says why."""


def has_expression(text: str) -> bool:
    return "${{" in text


def evaluate(text: str, scope: Mapping[str, Any]) -> Any:
    """Return ``text`` with its expressions replaced by values from ``scope``.

    A text that is one whole expression gives the value with its own type; anything else gives
    text. An expression can only look up names and apply the filters default, lower and upper, so
    untrusted input cannot compute. Raises ExpressionError.
    """
    whole = _EXPRESSION.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return _looked_up(whole[1], scope)
    pieces = _EXPRESSION.split(text)
    if any(has_expression(piece) for piece in pieces[::2]):
        raise ExpressionError("'${{' is never closed; write ${{ env.name }}")
    pieces[1::2] = [_text(_looked_up(piece, scope)) for piece in pieces[1::2]]
    return "".join(pieces)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or not isinstance(value, (str, int, float)):
        raise ExpressionError("only text and numbers can stand inside other text")
    return str(value)


def _looked_up(source: str, scope: Mapping[str, Any]) -> Any:
    try:
        value = _value(_parsed(source), scope)
        if isinstance(value, StrictUndefined):
            str(value)  # raises UndefinedError with Jinja's own words
    except TemplateError as error:
        raise ExpressionError(str(error)) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ExpressionError(f"{type(error).__name__}: {error}") from None
    if not isinstance(value, _PLAIN):
        raise ExpressionError(f"'{source.strip()}' is not a value")
    return value


@lru_cache(maxsize=4096)
def _parsed(source: str) -> nodes.Node:
    """Return the syntax tree of one expression that does nothing but look up."""
    if len(source) > _LONGEST:
        raise ExpressionError(f"an expression has at most {_LONGEST} characters")
    try:
        tree = _SANDBOX.parse("{{" + source + "}}")
    except TemplateSyntaxError as error:
        raise ExpressionError(f"cannot read '{source.strip()}': {error.message}") from None
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None
    except ValueError:  # Python's own limit on the digits of a number
        raise ExpressionError(f"cannot read '{source.strip()}': a number is too long") from None
    output = tree.body[0] if len(tree.body) == 1 else None
    if isinstance(output, nodes.Output) and len(output.nodes) == 1:
        expression = output.nodes[0]
        if all(map(_is_lookup, (expression, *expression.find_all(nodes.Node)))):
            return expression
    known = ", ".join(_FILTERS)
    raise ExpressionError(
        f"only lookups like ${{{{ env.name }}}} and the filters {known} are allowed"
    )


def _is_lookup(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in _FILTERS and not (node.dyn_args or node.dyn_kwargs)
    return isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const, nodes.Keyword))


def _value(node: nodes.Node, scope: Mapping[str, Any]) -> Any:
    """Look up what a syntax tree names, each step of it in the sandbox."""
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.Name):
        return scope[node.name] if node.name in scope else _SANDBOX.undefined(name=node.name)
    if isinstance(node, nodes.Getattr):
        # Like an item, so that a value named `items` comes before the method of that name.
        return _SANDBOX.getitem(_value(node.node, scope), node.attr)
    if isinstance(node, nodes.Getitem):
        return _SANDBOX.getitem(_value(node.node, scope), _value(node.arg, scope))
    if isinstance(node, nodes.Filter) and node.node is not None:
        arguments = [_value(each, scope) for each in node.args]
        options = {str(each.key): _value(each.value, scope) for each in node.kwargs}
        return _SANDBOX.call_filter(node.name, _value(node.node, scope), arguments, options)
    raise ExpressionError("it is no lookup")


def _sandbox() -> ImmutableSandboxedEnvironment:
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    sandbox.globals.clear()
    return sandbox


_SANDBOX = _sandbox()
