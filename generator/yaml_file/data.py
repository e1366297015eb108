"""YAML text -> composed tree and plain data; everything that is not plain is refused."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from generator.yaml_file.limits import (
    LONGEST_KEY,
    LONGEST_NUMBER,
    Count,
    RefusedError,
    refuse_bombs,
)

__all__ = ["RefusedError", "is_merge", "merged", "parse"]

_YAML = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader):
    """The C parser with YAML 1.2's plain scalars.

    YAML 1.1 reads ``on`` as true, ``1:30`` as 90, ``010`` as 8 and a date as an object, and
    misses ``1e-3``; a data scientist means none of that.
    """


# Its own table: the inherited one is shared with every other user of PyYAML.
_Loader.yaml_implicit_resolvers = {}

_FORMS: dict[str, re.Pattern[str]] = {}
"""What a value of each kind looks like, for one whose tag was written by hand."""


def _resolve(kind: str, pattern: str, first_characters: str) -> None:
    _FORMS[kind] = re.compile(f"(?:{pattern})\\Z")
    first = list(first_characters) + [""] * (kind == "null")
    _Loader.add_implicit_resolver(_YAML + kind, _FORMS[kind], first)


_resolve("null", "|~|null|Null|NULL", "~nN")
_resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789")
_resolve(
    "float",
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
    "-+.0123456789",
)
_resolve("merge", "<<", "<")


def parse(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the composed tree, which knows positions, and the data in it.

    Raises RefusedError and yaml.YAMLError.
    """
    refuse_bombs(text)
    root = yaml.compose(text, _Loader)
    return root, None if root is None else _Construction().value(root)


_HOLDS_ITSELF = "this holds an alias of itself"


class _Construction:
    """Builds plain data from composed nodes."""

    def __init__(self) -> None:
        self.count = Count()
        self.around: list[yaml.Node] = []

    def value(self, node: yaml.Node) -> Any:
        self.count.add(node, len(self.around))
        if isinstance(node, yaml.ScalarNode):
            self.count.add_text(node)
            return _scalar(node)
        if node in self.around:
            raise RefusedError(node.start_mark, _HOLDS_ITSELF, "remove the alias (*)")
        self.around.append(node)
        value = self.items(node) if isinstance(node, yaml.SequenceNode) else self.mapping(node)
        self.around.pop()
        return value

    def items(self, node: yaml.Node) -> list[Any]:
        _refuse_tag(node, "seq")
        return [self.value(item) for item in node.value]

    def mapping(self, node: yaml.Node) -> dict[str, Any]:
        _refuse_tag(node, "map")
        data: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            self.count.add(key_node, len(self.around))
            key = _key(key_node)
            if key in own:
                raise RefusedError(key_node.start_mark, f"the key '{key}' is written twice")
            own.add(key)
            if is_merge(key_node):
                for mapping in merged(value_node):
                    for inherited, value in self.value(mapping).items():
                        data.setdefault(inherited, value)
            else:
                data[key] = self.value(value_node)
        return data


def is_merge(key: yaml.Node) -> bool:
    """Tell whether a key is YAML's ``<<``; in quotes it is a text like any other."""
    return bool(key.tag == _YAML + "merge")


def merged(node: yaml.Node) -> list[yaml.MappingNode]:
    """Return the mappings that a ``<<`` names."""
    nodes: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for each in nodes:
        if not isinstance(each, yaml.MappingNode):
            raise RefusedError(each.start_mark, "'<<' merges mappings only")
    return nodes


def _refuse_tag(node: yaml.Node, plain: str) -> None:
    if node.tag != _YAML + plain:
        tag = node.tag.replace(_YAML, "!!")
        raise RefusedError(node.start_mark, f"the tag '{tag}' is not allowed", "write plain values")


def _key(node: yaml.Node) -> str:
    if is_merge(node) and node.value != "<<":
        _refuse_tag(node, "str")
    if not isinstance(node, yaml.ScalarNode) or not (node.tag == _YAML + "str" or is_merge(node)):
        raise RefusedError(node.start_mark, "a key must be text", "put it in quotes")
    if len(node.value) > LONGEST_KEY:
        raise RefusedError(node.start_mark, f"a key has at most {LONGEST_KEY:,} characters")
    return node.value


def _scalar(node: yaml.Node) -> Any:
    text, kind = node.value, node.tag.removeprefix(_YAML)
    if kind in ("int", "float"):
        return _number(node, kind)
    if kind in ("null", "bool") and _FORMS[kind].match(text):
        return None if kind == "null" else text.lower() == "true"
    _refuse_tag(node, "str")
    return text


def _number(node: yaml.Node, kind: str) -> int | float:
    text = node.value
    if len(text) > LONGEST_NUMBER:
        raise RefusedError(node.start_mark, "the number is too long", "quote it if it is text")
    number = (int(text) if kind == "int" else float(text)) if _FORMS[kind].match(text) else math.nan
    if not math.isfinite(number):
        raise RefusedError(node.start_mark, f"'{text}' is not a usable number")
    return number
