"""What to say about a text that is not one YAML document of plain data."""

from __future__ import annotations

import codecs

import yaml

from generator.lines import Lines, lines
from generator.problem import Problem
from generator.yaml_file.data import RefusedError
from generator.yaml_file.quoting import unquoted

RULE = "yaml"

_LONGEST_LINE = 1_000
"""Characters of a line in which missing quotes are looked for; more is nobody's slip."""

_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def mistake(file: str, line: int, column: int, message: str, hint: str = "") -> Problem:
    """Return a problem of one character; ``line`` and ``column`` are 1-based."""
    return Problem(file, line, column, "", RULE, message, hint, end_column=column + 1)


def not_utf8(content: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    """Say why bytes are no UTF-8, and at which character they stop being it."""
    hint = "save it as UTF-8"
    for mark, encoding in _OTHER_ENCODINGS:
        if content.startswith(mark):
            return mistake(file, 1, 1, f"the file is {encoding} text, not UTF-8", hint)
    before = content[: error.start].decode("utf-8-sig")
    line, column = Lines(before).place(len(before))
    message = f"the byte 0x{content[error.start]:02X} is not UTF-8 text"
    return mistake(file, line, column, message, hint)


def explain(error: RefusedError | yaml.YAMLError, text: str, file: str) -> Problem:
    """Say what the parser stumbled over, and where."""
    mark, message, hint = None, f"not valid YAML: {error}", ""
    if isinstance(error, RefusedError):
        mark, message, hint = error.mark, error.message, error.hint
    elif isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        message, hint = f"not valid YAML: {error.problem}", _advice(error)
    line, column = _within(text, mark.line + 1, mark.column + 1) if mark else (1, 1)
    return _unquoted(text, file, line, column) or mistake(file, line, column, message, hint)


def _within(text: str, line: int, column: int) -> tuple[int, int]:
    """Return a place that is in the text: the parser ends a last line that nothing ends."""
    known = lines(text)
    return (line, column) if line <= len(known) else (len(known), len(known[-1]) + 1)


def _unquoted(text: str, file: str, line: int, column: int) -> Problem | None:
    """Explain an error that only quotes are missing for: ``schedule: @daily``."""
    within = lines(text)[line - 1 : line]
    found = unquoted(within[0]) if within and len(within[0]) <= _LONGEST_LINE else None
    if found is None or column < found.column or found.column == 1:  # that is a directive
        return None
    return Problem(
        file,
        line,
        found.column,
        "",
        RULE,
        f"'{found.text}' must be in quotes",
        f"write {found.quoted}",
        end_column=found.end_column,
        replacement=found.quoted,
    )


def _advice(error: yaml.MarkedYAMLError) -> str:
    text = f"{error.problem} {error.context}"
    if "tab character" in text or "cannot start any token" in text:
        return "indent with spaces, not tabs; quote text that starts with @, % or `"
    if "mapping values are not allowed" in text:
        return "quote the text if it contains ': ', or check the indentation"
    if "expected a single document" in text:
        return "one file describes one pipeline: remove the second '---'"
    if "undefined alias" in text or "alias" in text:
        return "quote the text if it starts with '*'"
    if "directive" in text or "incompatible" in text:
        return "remove the line that starts with '%'"
    if "escape" in text:
        return "in double quotes a backslash is special: use single quotes, or write \\\\"
    return "check the indentation and quotes around here"
