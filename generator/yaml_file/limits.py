"""How much one YAML file may hold: far more than a pipeline needs, and quickly read."""

from __future__ import annotations

import re
from typing import Any

import yaml

MAX_DEPTH = 40
MAX_VALUES = 20_000
"""Keys and values of a file, each as often as aliases repeat it."""
MAX_CHARACTERS = 1_000_000
"""Characters of all values of a file together, each as often as aliases repeat it."""
MAX_TEMPLATES = 1_000
"""Expressions and run-time templates of a file, each as often as aliases repeat it."""
LONGEST_TEMPLATE = 5_000
"""Characters of a text that holds an expression or a run-time template."""
LONGEST_KEY = 1_024
LONGEST_NUMBER = 40

_HARMLESS_LENGTH = 100_000
_HARMLESS_DEPTH = 250
"""What less text, less deeply nested, can hold is composed in a fraction of a second."""
_DEEP = re.compile(rf"(?m)^[ \-?:]{{{_HARMLESS_DEPTH}}}")

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_TOO_MANY = f"the file holds more than {MAX_VALUES:,} keys and values"
_TOO_LONG = f"the texts of the file have more than {MAX_CHARACTERS:,} characters"
_TOO_MANY_TEMPLATES = f"the file holds more than {MAX_TEMPLATES:,} {{{{ … }}}}"
_TOO_LONG_TEMPLATE = f"a text with {{{{ … }}}} in it has at most {LONGEST_TEMPLATE:,} characters"
_ALIASES = "an alias counts as often as it is used"


class RefusedError(Exception):
    """A construct that is YAML but not part of the pipeline language."""

    def __init__(self, mark: Any, message: str, hint: str = "") -> None:
        self.mark, self.message, self.hint = mark, message, hint


def refuse_bombs(text: str) -> None:
    """Refuse what would keep the parser busy, or exhaust its stack, before it is composed.

    Raises RefusedError and yaml.YAMLError.
    """
    if "%TAG" in text and (directive := re.search(r"(?m)^%TAG", text)):
        line = text.count("\n", 0, directive.start())
        raise RefusedError(yaml.Mark("", 0, line, 0, None, 0), "%TAG is not allowed", "remove it")
    is_shallow = text.count("[") + text.count("{") < _HARMLESS_DEPTH and not _DEEP.search(text)
    if is_shallow and len(text) <= _HARMLESS_LENGTH:
        return
    depth = values = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        values += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        _limit(event, depth, MAX_DEPTH, _TOO_DEEP)
        _limit(event, values, MAX_VALUES, _TOO_MANY)


class Count:
    """Counts what has been read of one file; raises RefusedError where it becomes too much."""

    def __init__(self) -> None:
        self._values = self._characters = self._templates = 0

    def add(self, node: yaml.Node, depth: int) -> None:
        """Count a key or value that is ``depth`` levels below the top."""
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            _limit(node, depth, MAX_DEPTH, _TOO_DEEP)
            _limit(node, self._values, MAX_VALUES, _TOO_MANY, _ALIASES)

    def add_text(self, node: yaml.Node) -> None:
        """Count what a scalar says."""
        text = node.value
        self._characters += len(text)
        _limit(node, self._characters, MAX_CHARACTERS, _TOO_LONG, _ALIASES)
        if "{" not in text:
            return
        templates = text.count("{{") + text.count("{%") + text.count("{#")
        self._templates += templates
        _limit(node, self._templates, MAX_TEMPLATES, _TOO_MANY_TEMPLATES, _ALIASES)
        _limit(node, len(text) if templates else 0, LONGEST_TEMPLATE, _TOO_LONG_TEMPLATE)


def _limit(
    place: yaml.Node | yaml.Event, count: int, most: int, message: str, hint: str = ""
) -> None:
    if count > most:
        raise RefusedError(place.start_mark, message, hint)
