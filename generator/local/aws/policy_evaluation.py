"""What IAM policies allow: statements, wildcards and conditions, as AWS evaluates them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from generator.local.aws.errors import AwsError

Policy = Mapping[str, Any]
Statement = Mapping[str, Any]

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "allowed", "explicitDeny", "implicitDeny"


@dataclass(frozen=True)
class Question:
    """May this action be done to this resource? `context` maps condition keys to their values."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def value(self, key: str) -> Sequence[str] | None:
        """The values of a condition key, whose name has no case."""
        known = {name.lower(): values for name, values in self.context.items()}
        return known.get(key.lower())


@dataclass(frozen=True)
class Answer:
    """The decision, and the condition keys that statements ask for and nobody gave."""

    decision: str
    missing: tuple[str, ...] = ()


def evaluate(policies: Sequence[Policy], question: Question) -> Answer:
    """What identity policies decide together. Raises AwsError for a condition unknown here."""
    allowed, missing = False, set()
    for statement in (each for policy in policies for each in _listed(policy["Statement"])):
        if not _concerns(statement, question):
            continue
        missing |= {key for _, key, _ in _conditions(statement) if question.value(key) is None}
        if not all(_holds(each, question) for each in _conditions(statement)):
            continue
        if statement["Effect"] == "Deny":
            return Answer(EXPLICIT_DENY)
        allowed = True
    return Answer(ALLOWED if allowed else IMPLICIT_DENY, () if allowed else tuple(sorted(missing)))


def _concerns(statement: Statement, question: Question) -> bool:
    actions = [action.lower() for action in _named(statement, "Action")]
    resources = [_with_variables(each, question) for each in _named(statement, "Resource")]
    action = any(_matches(each, question.action.lower()) for each in actions)
    resource = any(_matches(each, question.resource) for each in resources if each is not None)
    return action != ("NotAction" in statement) and resource != ("NotResource" in statement)


def _named(statement: Statement, element: str) -> list[str]:
    return _listed(statement.get(element, statement.get(f"Not{element}", ())))


def _with_variables(text: str, question: Question) -> str | None:
    """The text with `${aws:…}` replaced, None where a value is not known."""
    for variable in re.findall(r"\$\{([^}]+)\}", text):
        values = ["*"] if variable == "*" else question.value(variable.partition(",")[0])
        if not values:
            return None
        text = text.replace(f"${{{variable}}}", values[0])
    return text


Condition = tuple[str, str, list[str]]
"""Operator, key and the values that it is held against."""


def _conditions(statement: Statement) -> Iterator[Condition]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key, [str(value) for value in _listed(values)]


def _holds(condition: Condition, question: Question) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
    written, key, wanted = condition
    quantifier, _, operator = written.rpartition(":")
    given = question.value(key)
    if operator == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    plain = operator.removesuffix("IfExists")
    negated = "Not" in plain
    compare = _OPERATORS.get(plain.replace("Not", ""))
    if compare is None:
        message = f"The emulated AWS cannot evaluate the condition operator {written}."
        raise AwsError("InvalidInput", message)
    if given is None:
        return operator != plain or negated or quantifier == "ForAllValues"
    found = [any(compare(each, value) for value in wanted) != negated for each in given]
    return any(found) if quantifier == "ForAnyValue" else all(found)


def _same(given: str, wanted: str) -> bool:
    return given == wanted


def _same_but_case(given: str, wanted: str) -> bool:
    return given.lower() == wanted.lower()


def _like(given: str, wanted: str) -> bool:
    return _matches(wanted, given)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_but_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _same_but_case,
}
"""By its name without Not and IfExists: whether a given value agrees with a wanted one."""


def _matches(pattern: str, text: str) -> bool:
    """Whether the text matches a pattern in which * stands for any text and ? for a character."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in pattern), re.DOTALL)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
