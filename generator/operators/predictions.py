"""What is wrong with the predictions of an endpoint."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

ACCEPT = "text/csv"
"""The form in which predictions are asked for: numbers between commas or line ends."""


class Belief(NamedTuple):
    """What is believed of the predictions for ``rows`` rows; None is no bound."""

    rows: int
    outputs_per_row: int = 1
    minimum: float | None = None
    maximum: float | None = None


def read_predictions(body: bytes) -> list[float]:
    """Return the numbers of a text/csv answer, rows of several in brackets too.

    Raises ValueError with what is there instead.
    """
    text = body.decode("utf-8", "replace")
    words = [word for word in re.split(r"[\s,\[\]]+", text) if word]
    return [float(word) for word in words]


def flaws(predictions: list[float], belief: Belief) -> Iterator[str]:
    """Yield a clause for everything that is not as believed; at most one of a kind."""
    expected = belief.rows * belief.outputs_per_row
    if len(predictions) != expected:
        each = f" of {belief.outputs_per_row} numbers each" if belief.outputs_per_row > 1 else ""
        yield f"{len(predictions)} predictions for {belief.rows} rows{each}"
    strange = [value for value in predictions if not math.isfinite(value)]
    if strange:
        yield f"{strange[0]} is no finite number"
    low, high = belief.minimum, belief.maximum
    below = [value for value in predictions if low is not None and value < low]
    if below:
        yield f"{min(below):.9g} is less than {low:g}"
    above = [value for value in predictions if high is not None and value > high]
    if above:
        yield f"{max(above):.9g} is more than {high:g}"
