"""One YAML file as data, and the line and column where each value was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from generator.problem import QUOTED, Finding, Path, Problem, dotted
from generator.text_checks.hidden_character import UNREADABLE
from generator.text_checks.read_secret import Scalar
from generator.yaml_file.data import RefusedError, is_merge, merged, parse
from generator.yaml_file.mistakes import explain, mistake, not_utf8
from generator.yaml_file.quoting import quoted

Entry = tuple[yaml.Node | None, yaml.Node]
"""The node of a key (None in a list) and that of its value."""


@dataclass(frozen=True)
class Document:
    """One YAML file: ``data`` is plain Python."""

    file: str
    text: str
    data: Any
    _members: dict[yaml.Node, dict[str, Entry]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def root(self) -> yaml.Node | None:
        """The composed tree, which knows where each value was written."""
        return parse(UNREADABLE.sub(" ", self.text))[0]

    def __getstate__(self) -> dict[str, Any]:
        # Another process gets the data, and composes the tree anew if anything is wrong with it.
        return {"file": self.file, "text": self.text, "data": self.data, "_members": {}}

    def has(self, path: Path) -> bool:
        """Tell whether this document itself writes a value at ``path``."""
        return self._walk(path) is not None

    def place(self, finding: Finding) -> Problem:
        """Give a finding its line, or that of its nearest ancestor that was written."""
        node, exact = self._nearest(finding.path, finding.at_key)
        line, column, end_column = _span(node)
        return Problem(
            self.file,
            line,
            column,
            dotted(finding.path),
            finding.rule,
            finding.message,
            finding.hint,
            finding.level,
            end_column,
            _replacement(finding, node) if exact else None,
        )

    def scalars(self) -> Iterator[Scalar]:
        """Yield every text that this document writes, keys too, and those that aliases repeat."""
        for node in _nodes(self.root):
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    yield _scalar("", key)
                    yield from (_scalar(key.value, text) for text in _texts(value))
            elif isinstance(node, yaml.SequenceNode):
                yield from (_scalar("", text) for text in _texts(node))

    def _nearest(self, path: Path, at_key: bool) -> tuple[yaml.Node | None, bool]:
        """Return the node to point at, and whether it is the one that was asked for."""
        exact = True
        while True:
            found = self._walk(path)
            if found is not None:
                key, value = found
                return (key if at_key and key is not None else value), exact
            if not path:
                return None, False
            path, at_key, exact = path[:-1], True, False

    def _walk(self, path: Path) -> Entry | None:
        """Follow ``path`` from the top; return the last key and value."""
        if self.root is None:
            return None
        entry: Entry = (None, self.root)
        for step in path:
            found = self._entry(entry[1], step)
            if found is None:
                return None
            entry = found
        return entry

    def _entry(self, node: yaml.Node, step: str | int) -> Entry | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            return (None, node.value[step]) if step < len(node.value) else None
        if isinstance(node, yaml.MappingNode) and isinstance(step, str):
            return self._members_of(node).get(step)
        return None

    def _members_of(self, node: yaml.MappingNode) -> dict[str, Entry]:
        """Return the entries of a mapping by key, its own before those that it merges."""
        # Kept, because a file of thousands of keys may have a problem with each of them.
        if node not in self._members:
            entries = [entry for entry in node.value if not is_merge(entry[0])]
            members: dict[str, Entry] = {key.value: (key, value) for key, value in entries}
            for key, value in node.value:
                for mapping in merged(value) if is_merge(key) else ():
                    for name, entry in self._members_of(mapping).items():
                        members.setdefault(name, entry)
            self._members[node] = members
        return self._members[node]


def _nodes(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield ``root`` and every node below it, once each however many aliases it has."""
    waiting, seen = [root] if root is not None else [], set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        if isinstance(node, yaml.MappingNode):
            waiting += [each for entry in node.value for each in entry]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _texts(value: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield the value of a key, the items of its list, and the default of its parameter."""
    if isinstance(value, yaml.ScalarNode):
        yield value
    elif isinstance(value, yaml.SequenceNode):
        yield from (item for item in value.value if isinstance(item, yaml.ScalarNode))
    else:
        for key, default in value.value:
            if key.value in ("default", "value") and isinstance(default, yaml.ScalarNode):
                yield default


def _scalar(key: str, node: yaml.ScalarNode) -> Scalar:
    return Scalar(key, node.value, node.start_mark.index, node.end_mark.index)


def _replacement(finding: Finding, node: yaml.Node | None) -> str | None:
    """Return what to write for the node, if it is a scalar on one line.

    A value that comes from an expression is not changed here but in the environment, unless the
    replacement keeps the expression.
    """
    if not isinstance(node, yaml.ScalarNode) or node.start_mark.line != node.end_mark.line:
        return None
    if "${{" in node.value and "${{" not in (finding.replacement or ""):
        return None
    # Quoted as it is written: 5.10 is text that the number 5.1 has lost.
    return quoted(node.value) if finding.replacement == QUOTED else finding.replacement


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
    if isinstance(text, bytes):
        decoded = decode(text, file)
        if isinstance(decoded, Problem):
            return decoded
        text = decoded
    # The parser refuses some characters and takes others for the end of a line, which would make
    # every later line number wrong; the rule `hidden-character` reports them all.
    readable = UNREADABLE.sub(" ", text)
    try:
        root, data = parse(readable)
    except (RefusedError, yaml.YAMLError) as error:
        return explain(error, readable, file)
    if not isinstance(data, dict):
        what = "it is empty" if data is None else "it holds something else"
        return mistake(file, 1, 1, "the file must hold `key: value` lines", what)
    document = Document(file, text, data)
    vars(document)["root"] = root
    return document


def decode(content: bytes, file: str) -> str | Problem:
    """Return the text of a file without its byte-order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return not_utf8(content, error, file)
