"""YAML text -> plain data, and the line and column where each value was written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from generator.problem import Path, Problem, dotted

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_VALUES = 50_000


class _Loader(yaml.CSafeLoader):
    """The C parser with YAML 1.2's plain scalars.

    YAML 1.1 reads ``on`` as true, ``1:30`` as 90, ``010`` as 8 and a date as an object, and
    misses ``1e-3``; a data scientist means none of that.
    """


# Its own table: the inherited one is shared with every other user of PyYAML.
_Loader.yaml_implicit_resolvers = {}


def _resolve(tag: str, pattern: str, first_characters: str) -> None:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first_characters) or [""]
    )


_resolve("null", "~|null|Null|NULL", "~nN")
_resolve("null", "", "")
_resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789")
_resolve(
    "float",
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
    "-+.0123456789",
)
_resolve("merge", "<<", "<")


class _Refused(Exception):
    """A construct that is YAML but not part of the pipeline language."""

    def __init__(self, mark: Any, message: str, hint: str = "") -> None:
        self.mark, self.message, self.hint = mark, message, hint


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

    def problem(
        self,
        path: Path,
        rule: str,
        message: str,
        hint: str = "",
        level: str = "error",
        at_key: bool = False,
    ) -> Problem:
        """Place a mistake at ``path``, or at its nearest ancestor that was written."""
        line, column = self.position(path, at_key)
        return Problem(self.file, line, column, dotted(path), rule, message, hint, level)

    def position(self, path: Path, at_key: bool = False) -> tuple[int, int]:
        """1-based line and column of the value at ``path`` (of its key with ``at_key``)."""
        while True:
            found = _walk(self.root, path)
            if found is not None:
                key, value = found
                mark = (key if at_key and key is not None else value).start_mark
                return mark.line + 1, mark.column + 1
            if not path:
                return 1, 1
            path, at_key = path[:-1], True


def read(text: str | bytes, file: str) -> Document | Problem:
    """Parse one YAML document; anything but a mapping of plain data is a Problem."""
    if len(text) > MAX_BYTES:
        return _at(file, 0, 0, f"the file is larger than {MAX_BYTES // 1000} kB", "split it")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        _refuse_deep_nesting(text)
        root = yaml.compose(text, _Loader)
        data = None if root is None else _Construction().value(root)
    except UnicodeDecodeError as error:
        return _at(file, 0, 0, "the file is not UTF-8 text", f"byte {error.start} is invalid")
    except _Refused as refused:
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
    return Problem(file, line + 1, column + 1, "", "yaml", message, hint)


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


def _refuse_deep_nesting(text: str) -> None:
    """Refuse nesting that would exhaust the C stack of the parser before it is composed."""
    openers = text.count("[") + text.count("{")
    deepest_indent = max((len(lead) for lead in re.findall(r"(?m)^[ \-?:]+", text)), default=0)
    if openers + deepest_indent <= 500:
        return
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise _Refused(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


class _Construction:
    """Builds plain data from composed nodes, counting what aliases multiply."""

    def __init__(self) -> None:
        self.values = 0

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        self.values += 1
        if self.values > MAX_VALUES:
            raise _Refused(node.start_mark, f"the file expands to over {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise _Refused(node.start_mark, f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            _refuse_tag(node, "seq")
            return [self.value(item, depth + 1) for item in node.value]
        return _scalar(node)

    def mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        _refuse_tag(node, "map")
        data: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                for merged in _merged(value_node):
                    for key, value in self.mapping(merged, depth + 1).items():
                        data.setdefault(key, value)
                continue
            key = _key(key_node)
            if key in own:
                raise _Refused(key_node.start_mark, f"the key '{key}' is written twice")
            own.add(key)
            data[key] = self.value(value_node, depth + 1)
        return data


def _merged(node: yaml.Node) -> list[yaml.MappingNode]:
    nodes: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for each in nodes:
        if not isinstance(each, yaml.MappingNode):
            raise _Refused(each.start_mark, "'<<' merges mappings only")
    return nodes


def _refuse_tag(node: yaml.Node, plain: str) -> None:
    if node.tag != f"tag:yaml.org,2002:{plain}":
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        raise _Refused(node.start_mark, f"the tag '{tag}' is not allowed", "write plain values")


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        raise _Refused(node.start_mark, "a key must be text", "put it in quotes")
    return node.value


def _scalar(node: yaml.Node) -> Any:
    text, kind = node.value, node.tag.removeprefix("tag:yaml.org,2002:")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind in ("int", "float") and len(text) > 40:
        raise _Refused(node.start_mark, "the number is too long", "quote it if it is text")
    if kind in ("int", "float"):
        try:
            number = int(text) if kind == "int" else float(text)
            if math.isfinite(number):
                return number
            raise ValueError
        except ValueError:
            raise _Refused(node.start_mark, f"'{text}' is not a usable number") from None
    _refuse_tag(node, "str")
    return text


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
            for merged in _merged(value_node):
                if entry := _entry(merged, step):
                    return entry
    return None
