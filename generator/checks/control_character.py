r"""`control-character`: no text holds a character that cannot be stored or shown.

An escape in double quotes, such as `"\0"`, makes characters that no keyboard has, and so does one
in an expression. Airflow's database takes neither NUL nor half of a character (a surrogate), so the
pipeline would never appear there; others change the colours of a terminal, or end the connection
that a log is read through. Line breaks and tabs are fine.

    name: example
    owner: "growth\0data-science"
"""

import re
from collections.abc import Iterator
from typing import Any

from generator.checks.subject import Subject
from generator.problem import Finding, Path
from generator.text_checks.hidden_character import CONTROL

RULE = "control-character"

_REFUSED = re.compile(f"[{CONTROL}]")


def check(subject: Subject) -> Iterator[Finding]:
    yield from _check(subject.data, ())


def _check(value: Any, path: Path) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _judge(key, (*path, key), at_key=True)
            yield from _check(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _check(each, (*path, index))
    elif isinstance(value, str):
        yield from _judge(value, path)


def _judge(text: str, path: Path, at_key: bool = False) -> Iterator[Finding]:
    if found := _REFUSED.search(text):
        message = f"the character U+{ord(found[0]):04X} cannot be part of a text"
        yield Finding(path, RULE, message, "remove its escape, which starts with \\", at_key=at_key)
