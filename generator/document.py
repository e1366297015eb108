"""One YAML file as data, and the line and column where each value was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from generator.problem import Finding, Path, Problem, dotted
from generator.yaml_data import RefusedError, merged, parse

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Document:
    """One YAML file: ``data`` is plain Python, ``root`` the composed tree with positions."""

    file: str
    text: str
    data: Any
    root: yaml.Node | None

    def has(self, path: Path) -> bool:
        """Tell whether this document itself writes a value at ``path``."""
        return _walk(self.root, path) is not None

    def place(self, finding: Finding) -> Problem:
        """Give a finding its line, or that of its nearest ancestor that was written."""
        node, exact = self._nearest(finding.path, finding.at_key)
        line, column, end_column = _span(node)
        # What the message quotes may hold line breaks; a problem is one line.
        message = "".join(each if each.isprintable() else " " for each in finding.message)
        return Problem(
            self.file,
            line,
            column,
            dotted(finding.path),
            finding.rule,
            message,
            finding.hint,
            finding.level,
            end_column,
            finding.replacement if exact and isinstance(node, yaml.ScalarNode) else None,
        )

    def _nearest(self, path: Path, at_key: bool) -> tuple[yaml.Node | None, bool]:
        """Return the node to point at, and whether it is the one that was asked for."""
        exact = True
        while True:
            found = _walk(self.root, path)
            if found is not None:
                key, value = found
                return (key if at_key and key is not None else value), exact
            if not path:
                return None, False
            path, at_key, exact = path[:-1], True, False


def _span(node: yaml.Node | None) -> tuple[int, int, int]:
    """1-based line, column and the column after the end; one character of what spans lines."""
    if node is None:
        return 1, 1, 2
    start, end = node.start_mark, node.end_mark
    one_line = isinstance(node, yaml.ScalarNode) and end.line == start.line
    end_column = end.column if one_line and end.column > start.column else start.column + 1
    return start.line + 1, start.column + 1, end_column + 1


def read(text: str | bytes, file: str) -> Document | Problem:
    """Parse one YAML document; anything but a mapping of plain data is a Problem."""
    if len(text) > MAX_BYTES:
        return _at(file, 0, 0, f"the file is larger than {MAX_BYTES // 1000} kB", "split it")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        root, data = parse(text)
    except UnicodeDecodeError as error:
        return _at(file, 0, 0, "the file is not UTF-8 text", f"byte {error.start} is invalid")
    except RefusedError as refused:
        mark = refused.mark
        return _at(file, mark.line, mark.column, refused.message, refused.hint)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) if isinstance(text, str) else 0
        return _at(file, line, 0, "the file holds a control character", "remove it")
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line, column = (at.line, at.column) if at else (0, 0)
        return _at(file, line, column, f"not valid YAML: {error.problem}", _advice(error))
    if not isinstance(data, dict):
        return _at(file, 0, 0, "the file must hold `key: value` lines", "it is empty or a list")
    return Document(file, text, data, root)


def _at(file: str, line: int, column: int, message: str, hint: str = "") -> Problem:
    return Problem(file, line + 1, column + 1, "", "yaml", message, hint, end_column=column + 2)


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
    return "check the indentation and quotes around here"


def _walk(root: yaml.Node | None, path: Path) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Follow ``path`` from ``root``; return the last key node (None in a list) and the value."""
    if root is None:
        return None
    key: yaml.Node | None = None
    node = root
    for step in path:
        entry = _entry(node, step)
        if entry is None:
            return None
        key, node = entry
    return key, node


def _entry(node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return (None, node.value[step]) if step < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key_node, value_node in node.value:
        if key_node.value == step:
            return key_node, value_node
    for key_node, value_node in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            for mapping in merged(value_node):
                if entry := _entry(mapping, step):
                    return entry
    return None
