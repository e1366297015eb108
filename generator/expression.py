"""``${{ … }}`` inside one scalar: evaluated in Jinja's sandbox, never as text to be re-parsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

Evaluate = Callable[[Mapping[str, Any]], Any]

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_LONGEST = 200
_FILTERS = ("default", "lower", "upper")
_PLAIN = (str, int, float, bool, type(None), list, dict)
_LOOKUPS = (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const, nodes.Filter)


class ExpressionError(Exception):
    """An expression that cannot be read or has no value; the text says why."""


def has_expression(text: str) -> bool:
    return "${{" in text


def evaluate(text: str, scope: Mapping[str, Any], lookups_only: bool = False) -> Any:
    """Return ``text`` with its expressions replaced by values from ``scope``.

    A text that is one whole expression gives the value with its own type; anything else gives
    text. With ``lookups_only`` an expression can only look up names and apply the filters
    default, lower and upper, so untrusted input cannot compute. Raises ExpressionError.
    """
    try:
        return _compiled(text, lookups_only)(scope)
    except TemplateError as error:
        raise ExpressionError(str(error)) from None
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ExpressionError(f"{type(error).__name__}: {error}") from None


@lru_cache(maxsize=4096)
def _compiled(text: str, lookups_only: bool) -> Evaluate:
    whole = _EXPRESSION.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return _expression(whole[1], lookups_only)
    pieces = [
        _expression(piece, lookups_only) if index % 2 else piece
        for index, piece in enumerate(_EXPRESSION.split(text))
    ]
    if any(isinstance(piece, str) and has_expression(piece) for piece in pieces):
        raise ExpressionError("'${{' is never closed; write ${{ env.name }}")
    return lambda scope: "".join(
        piece if isinstance(piece, str) else _text(piece(scope)) for piece in pieces
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or not isinstance(value, (str, int, float)):
        raise ExpressionError("only text and numbers can stand inside other text")
    return str(value)


def _expression(source: str, lookups_only: bool) -> Evaluate:
    if lookups_only:
        _refuse_computation(source)
    try:
        expression = _SANDBOX.compile_expression(source, undefined_to_none=False)
    except TemplateSyntaxError as error:
        raise ExpressionError(f"cannot read '{source.strip()}': {error.message}") from None

    def value(scope: Mapping[str, Any]) -> Any:
        result = expression(**scope)
        if isinstance(result, StrictUndefined):
            str(result)  # raises UndefinedError with Jinja's own words
        if lookups_only and not isinstance(result, _PLAIN):
            raise ExpressionError(f"'{source.strip()}' is not a value")
        return result

    return value


def _refuse_computation(source: str) -> None:
    if len(source) > _LONGEST:
        raise ExpressionError(f"an expression has at most {_LONGEST} characters")
    try:
        tree = _SANDBOX.parse("{{" + source + "}}")
    except TemplateSyntaxError as error:
        raise ExpressionError(f"cannot read '{source.strip()}': {error.message}") from None
    allowed = (nodes.Template, nodes.Output, *_LOOKUPS)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, allowed) or (
            isinstance(node, nodes.Filter) and node.name not in _FILTERS
        ):
            raise ExpressionError(
                "only lookups like ${{ env.name }} and the filters "
                f"{', '.join(_FILTERS)} are allowed"
            )


def _sandbox() -> ImmutableSandboxedEnvironment:
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    sandbox.globals.clear()
    return sandbox


_SANDBOX = _sandbox()
