"""Text as YAML writes it: which quotes it needs, keeps or lacks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from yaml import YAMLError

from generator.yaml_file.data import RefusedError, parse

_PLAIN = re.compile(r"[A-Za-z0-9_./:+-]+")
_NEEDS_QUOTES = re.compile(
    r"^(?: *- +)* *(?:[\w-]+: +)?(?P<text>[@%`*].*?|\{\{.*?)(?:[ \t]+#.*|[ \t]*)$"
)
_CRON = re.compile(r"[0-9A-Za-z*/,?#-]+(?: +[0-9A-Za-z*/,?#-]+){4}")


@dataclass(frozen=True)
class Unquoted:
    """A text on one line that lacks quotes; columns are 1-based, the end is exclusive."""

    column: int
    end_column: int
    text: str
    quoted: str


def written(text: str) -> str:
    """Return a text as YAML, in quotes where YAML would read something else: ``2026``, ``true``."""
    return text if _PLAIN.fullmatch(text) and _read(text) == text else quoted(text)


def quoted(text: str, style: str = '"') -> str:
    """Return a text in single or double quotes."""
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    # Some characters that JSON lets stand are line ends to YAML.
    return json.dumps(text, ensure_ascii=not text.isprintable())


def unquoted(line: str) -> Unquoted | None:
    """Find the text that lacks quotes in a line that YAML cannot read, where there is no doubt.

    A text that starts with ``@``, ``%`` or a backquote has no other meaning, and neither has
    ``{{``; one that starts with ``*`` is taken for a text only where it has the five fields of a
    schedule.
    """
    found = _NEEDS_QUOTES.match(line)
    if not found:
        return None
    text = found["text"]
    if text.startswith("*") and not _CRON.fullmatch(text):
        return None
    if text.startswith("{{") and text.count("{{") != text.count("}}"):
        return None
    style = "'" if '"' in text else '"'
    start, end = found.span("text")
    return Unquoted(start + 1, end + 1, text, quoted(text, style))


def _read(text: str) -> object:
    try:
        return parse(text)[1]
    except (RefusedError, YAMLError):
        return None
