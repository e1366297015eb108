"""What lint says of several environments, as one list: each problem once, and where it exists."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from generator.environment import Environment
from generator.problem import Problem

ALL = "all"
"""Stands for every environment of a project."""

Groups = dict[Problem, dict[str, Problem]]
"""What makes problems one, and by environment the problem as it is there."""


def together(found: Sequence[tuple[Environment, Sequence[Problem]]]) -> list[Problem]:
    """Return the problems of several environments, each once.

    A problem that only some of them have names them. Two problems are one where they differ in
    nothing but their hints and the values of their environments, such as a bucket's name.
    """
    same: Groups = {}
    alike: Groups = {}
    for environment, problems in found:
        for problem in problems:
            same.setdefault(replace(problem, hint=""), {})[environment.name] = problem
    for environment, problems in found:
        for problem in problems:
            if len(same[replace(problem, hint="")]) < len(found):
                key = _without_values(problem, environment)
                alike.setdefault(key, {})[environment.name] = problem
    everywhere = [group for group in same.values() if len(group) == len(found)]
    return [_once(group, len(found)) for group in (*everywhere, *alike.values())]


def _once(group: Mapping[str, Problem], environments: int) -> Problem:
    (name, first), *others = group.items()
    if len(group) < environments:
        names = " and ".join(f"'{name}'" for name in group)
        where = f"only in environment{'s' * bool(others)} {names}"
    elif any(each.message != first.message for _, each in others):
        where = f"this is environment '{name}', and the others are alike"
    else:
        return first
    return replace(first, message=f"{first.message}; {where}")


def _without_values(problem: Problem, environment: Environment) -> Problem:
    """Return the problem with the environment's own values replaced by their names."""
    names = {
        value: f"${{{{ env.{name} }}}}"
        for name, value in environment.scope["env"].items()
        if isinstance(value, str) and value
    }
    values = "|".join(re.escape(value) for value in sorted(names, key=len, reverse=True))
    words = rf"(?<![\w-])(?:{values})(?![\w-])"
    message = re.sub(words, lambda found: names[found[0]], problem.message)
    return replace(problem, message=message, hint="")
