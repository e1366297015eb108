"""Every rule of the linter: its name and its manual page."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from functools import cache

from generator import checks, text_checks, unused_defaults
from generator.rules import language as language_rules

_FIRST_LINE = re.compile(r"`([a-z0-9-]+)`: (.+)", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One rule: what holds when all is well, why, and a snippet that breaks it.

    ``summary`` is one sentence and ``reason`` paragraphs, both Markdown; ``snippet`` is YAML, empty
    where no pipeline file can show the rule.
    """

    name: str
    summary: str
    reason: str
    snippet: str


@cache
def catalogue() -> dict[str, Rule]:
    """Return every rule by its name, in alphabetical order."""
    rules = [read(page) for page in (*language_rules.PAGES, *_docstrings())]
    return {rule.name: rule for rule in sorted(rules, key=lambda rule: rule.name)}


def read(page: str) -> Rule:
    """Take a manual page apart. Raises ValueError where it has not the form of one."""
    first, _, rest = inspect.cleandoc(page).partition("\n\n")
    found = _FIRST_LINE.fullmatch(first)
    reason, _, snippet = rest.partition("\n\n    ")
    lines = snippet.splitlines() or [""]
    if not found or not reason or not all(line[:4].isspace() for line in lines[1:] if line):
        raise ValueError(f"not the page of a rule: {page}")
    name, summary = found.groups()
    summary = summary[0].upper() + summary[1:].replace("\n", " ")
    return Rule(name, summary, reason, "\n".join([lines[0], *(line[4:] for line in lines[1:])]))


def _docstrings() -> list[str]:
    """Return the docstrings of the modules that are rules."""
    rules = (*checks.CHECKS, *checks.LAST_CHECKS, *text_checks.CHECKS)
    modules = dict.fromkeys([*(check.__module__ for check in rules), unused_defaults.__name__])
    return [sys.modules[name].__doc__ or "" for name in modules]
