"""Texts that a file gives to keys, found without reading it as YAML: it may be none yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_FURTHEST = 2_000
"""Characters that are looked at around a key, so that a file of one long line takes no longer."""

_KEY = re.compile(r"""(?<![\w.-])([\w.-]++)["']?\s{0,100}+[:=]""")
_SCALAR = r"""
    (?: \[ [ \t]*+ )?+
    (?: [&!][^\s,\[\]{}]{0,200}+ [ \t]++ )*+                 # an anchor or a tag
    (?: "( (?: [^"\\\n\r] | \\. ){0,2000}+ )
      | '( (?: [^'\n\r] | '' ){0,2000}+ )
      | ( [^\s"'\#,\[\]{}|>*%@`] [^\n\r]{0,2000}+ )
    )
"""
_ON_THE_LINE = re.compile(rf"[ \t]*+ {_SCALAR}", re.VERBOSE)
_BELOW = re.compile(
    rf"""
    [ \t]*+ (?: [|>][-+0-9]*+ )? [ \t]*+ (?: \#[^\n\r]*+ )?  # nothing, or the start of a block
    (?: (?: \r\n | \n | \r ) [ \t]*+ )++ (?: (?<=[ \t]) | (?=-[ \t]) )
    (?: -[ \t]++ )*+ {_SCALAR}
    """,
    re.VERBOSE,
)
_NESTED_KEY = re.compile(r"""["']?[\w.-]++["']?[ \t]*+:(?:\s|\Z)""")
_DEFAULT = re.compile(r"""(?<=[\s{,"'])(?:default|value)["']?[ \t]*+:(?=\s)""")


@dataclass(frozen=True)
class Assignment:
    """A key and the text that is written for it, from ``start`` to ``end`` of the file.

    ``in_prose`` tells that it stands in a comment or within another text.
    """

    key: str
    start: int
    end: int
    value: str
    in_prose: bool


def keys(text: str, is_wanted: Callable[[str], bool]) -> Iterator[re.Match[str]]:
    """Yield where a wanted name stands before a colon or an equals sign; group 1 is the name."""
    return (found for found in _KEY.finditer(text) if is_wanted(found[1]))


def assignments(text: str, key: re.Match[str]) -> Iterator[Assignment]:
    """Yield what is written for a key, or the defaults in the mapping below it."""
    line = _line_before(text, key.start())
    for position in (key.end(), *_defaults(text, key.end(), len(line))):
        yield from _assigned(text, position, key[1], line)


def _assigned(text: str, position: int, key: str, line: str) -> Iterator[Assignment]:
    in_prose = _is_prose(line)
    scalar = _ON_THE_LINE.match(text, position)
    if scalar is None and not in_prose:
        scalar = _BELOW.match(text, position)
        if scalar is not None and _NESTED_KEY.match(scalar[3] or ""):
            return
    if scalar is not None and scalar.lastindex is not None:
        value, start = scalar[scalar.lastindex], scalar.start(scalar.lastindex)
        if scalar.lastindex == 3:
            value = _plain(value, in_braces="{" in line or "[" in scalar[0])
        if in_prose and text[position - 1] == "=":  # the option of a command
            value = value.split(maxsplit=1)[0]
        yield Assignment(key, start, start + len(value), value, in_prose)


def _line_before(text: str, position: int) -> str:
    before = text[max(0, position - _FURTHEST) : position]
    return before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]


def _is_prose(line: str) -> bool:
    """Tell whether what follows is no key of the file, by what precedes it on its line."""
    if re.search(r"(?:^|\s)#", line):
        return True
    before = line.rstrip(" \t\"'")
    return bool(before.strip(" \t-?")) and before[-1] not in "{,"


def _defaults(text: str, position: int, indent: int) -> Iterator[int]:
    """Yield where the ``default`` of a parameter is written that has a wanted name."""
    below = text[position : position + _FURTHEST]
    if below.lstrip(" \t").startswith("{"):
        end = below.find("}")
    elif (scalar := _BELOW.match(below)) and _NESTED_KEY.match(scalar[3] or ""):
        dedented = re.search(rf"[\n\r][ \t]{{0,{indent}}}(?![ \t\n\r#])", below)
        end = dedented.start() if dedented else len(below)
    else:
        return
    for found in _DEFAULT.finditer(below, 0, end):
        yield position + found.end()


def _plain(value: str, in_braces: bool) -> str:
    """Cut what follows a text without quotes: a comment, and in braces the next key."""
    value = re.split(r"[ \t]#", value, maxsplit=1)[0]
    if in_braces:
        value = re.split(r"[,}\]]", value, maxsplit=1)[0]
    return value.rstrip()
