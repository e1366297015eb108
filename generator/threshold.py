"""What a metric must reach, as people write it: ``>= 0.85``, ``< 0.3``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
_FORM = re.compile(r"\s*(>=|>|<=|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*", re.ASCII)


class Threshold(NamedTuple):
    """A comparison and a number; whether more is better follows from the comparison."""

    comparison: str
    bound: Decimal

    def __str__(self) -> str:
        return f"{self.comparison} {number(self.bound)}"

    @property
    def more_is_better(self) -> bool:
        return self.comparison.startswith(">")

    def is_met(self, value: float) -> bool:
        """Say whether a metric reaches it; one that is no number never does."""
        return math.isfinite(value) and _COMPARE[self.comparison](exact(value), self.bound)

    def beside(self, production: float, leeway: float) -> Threshold:
        """Return what is no worse than a model in production by more than ``leeway``."""
        if self.more_is_better:
            return Threshold(">=", exact(production) - exact(leeway))
        return Threshold("<=", exact(production) + exact(leeway))


def threshold(text: str) -> Threshold:
    """Read ``>= 0.85``; raises ValueError with a sentence for anything else."""
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a comparison and a number, such as '>= 0.85'")
    return Threshold(found[1], Decimal(found[2]))


def exact(value: float) -> Decimal:
    """Return the number that is written like ``value``: 0.92 - 0.01 is 0.91, not 0.91000…01."""
    return Decimal(repr(float(value)))


def number(value: float | Decimal) -> str:
    """Write a metric in at most nine significant digits; what was asked for in full."""
    return f"{value:.9g}" if isinstance(value, float) else f"{value.normalize():f}"
