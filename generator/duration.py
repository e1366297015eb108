"""Time spans as people write them: ``45m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import re

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def seconds(text: str) -> int:
    """Return the length of a duration in seconds; the schema has checked its form."""
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"([0-9]+)([dhms])", text))
