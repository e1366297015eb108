"""YAML text -> composed tree and plain data; everything that is not plain is refused."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

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


class RefusedError(Exception):
    """A construct that is YAML but not part of the pipeline language."""

    def __init__(self, mark: Any, message: str, hint: str = "") -> None:
        self.mark, self.message, self.hint = mark, message, hint


def parse(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the composed tree, which knows positions, and the data in it.

    Raises RefusedError and yaml.YAMLError.
    """
    _refuse_deep_nesting(text)
    root = yaml.compose(text, _Loader)
    return root, None if root is None else _Construction().value(root)


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
                raise RefusedError(event.start_mark, f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


class _Construction:
    """Builds plain data from composed nodes, counting what aliases multiply."""

    def __init__(self) -> None:
        self.values = 0

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, depth)
        self.count(node, depth)
        if isinstance(node, yaml.SequenceNode):
            _refuse_tag(node, "seq")
            return [self.value(item, depth + 1) for item in node.value]
        return _scalar(node)

    def count(self, node: yaml.Node, depth: int) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise RefusedError(node.start_mark, f"the file expands to over {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise RefusedError(node.start_mark, f"nested more than {MAX_DEPTH} levels deep")

    def mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        self.count(node, depth)
        _refuse_tag(node, "map")
        data: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                for mapping in merged(value_node):
                    for key, value in self.mapping(mapping, depth + 1).items():
                        data.setdefault(key, value)
                continue
            key = _key(key_node)
            if key in own:
                raise RefusedError(key_node.start_mark, f"the key '{key}' is written twice")
            own.add(key)
            data[key] = self.value(value_node, depth + 1)
        return data


def merged(node: yaml.Node) -> list[yaml.MappingNode]:
    """Return the mappings that a ``<<`` names."""
    nodes: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for each in nodes:
        if not isinstance(each, yaml.MappingNode):
            raise RefusedError(each.start_mark, "'<<' merges mappings only")
    return nodes


def _refuse_tag(node: yaml.Node, plain: str) -> None:
    if node.tag != f"tag:yaml.org,2002:{plain}":
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        raise RefusedError(node.start_mark, f"the tag '{tag}' is not allowed", "write plain values")


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        raise RefusedError(node.start_mark, "a key must be text", "put it in quotes")
    return node.value


def _scalar(node: yaml.Node) -> Any:
    text, kind = node.value, node.tag.removeprefix("tag:yaml.org,2002:")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind in ("int", "float") and len(text) > 40:
        raise RefusedError(node.start_mark, "the number is too long", "quote it if it is text")
    if kind in ("int", "float"):
        try:
            number = int(text) if kind == "int" else float(text)
            if math.isfinite(number):
                return number
            raise ValueError
        except ValueError:
            raise RefusedError(node.start_mark, f"'{text}' is not a usable number") from None
    _refuse_tag(node, "str")
    return text
