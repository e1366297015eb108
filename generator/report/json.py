"""Problems as one JSON array with the fields of ``Problem``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from generator.problem import Problem


def render(problems: Sequence[Problem]) -> str:
    return json.dumps([asdict(problem) for problem in problems], indent=2)
