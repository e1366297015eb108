"""The pages of docs/ as data: their blocks of code, their commands, their links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from examples import ROOT

NAMES = ("migrating", "mwaa", "secrets", "infra")
DOCUMENTS = {name: ROOT / "docs" / f"{name}.md" for name in NAMES[:3]}
DOCUMENTS["infra"] = ROOT / "infra" / "README.md"
"""The pages that tell somebody to do something in a real account."""


@dataclass(frozen=True)
class Command:
    """One command of a shell: its words without what its output goes to."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


def text(name: str) -> str:
    """Return what a page says."""
    return DOCUMENTS[name].read_text("utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the blocks of code of one language in the order in which they stand."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text(name), re.MULTILINE | re.DOTALL)
    return [content for found, content in fenced if found == language]


def code_spans(name: str) -> list[str]:
    """Return what stands in single backticks outside of the blocks."""
    prose = re.sub(r"^```.*?^```$", "", text(name), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def commands(name: str) -> list[Command]:
    """Return every `aws` and `pipelines` command of a page, those within others too."""
    scripts = blocks(name, "sh")
    scripts += [span for span in code_spans(name) if span.startswith(("aws ", "pipelines "))]
    return [command for script in scripts for command in _commands(script)]


def _commands(script: str) -> Iterator[Command]:
    joined = re.sub(r"\\\n\s*", " ", script)
    # What stands in $( … ) is a command of its own, and one word of the other.
    while inner := re.search(r"\$\(([^()]*)\)", joined):
        yield from _commands(inner[1])
        joined = joined[: inner.start()] + "VALUE" + joined[inner.end() :]
    lexer = shlex.shlex(joined, posix=True, punctuation_chars=";|&\n()")
    lexer.whitespace = " \t"
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words: list[str] = []
    for word in [*lexer, "\n"]:
        if not set(word) <= set(";|&\n()"):
            words.append(word)
            continue
        if words and words[0] in ("aws", "pipelines"):
            yield Command(tuple(words))
        words = []


class _Template(yaml.SafeLoader):
    """Reads CloudFormation: `!Ref x` is data that does not matter here."""


def _any_tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Template.add_multi_constructor("!", _any_tag)


def template(name: str) -> dict[str, Any]:
    """Return infra/<name>.yaml as data."""
    content = (ROOT / "infra" / f"{name}.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(content, _Template)
    return found


def anchors(document: Path) -> set[str]:
    """Return the names by which GitHub links to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
