"""Data written as YAML in the many ways that people and programs write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from generator.yaml_file import data as yaml_data


class _Dumper(yaml.SafeDumper):
    """Writes what our reader reads back as the same data, text plain wherever that is possible."""

    yaml_implicit_resolvers = yaml_data._Loader.yaml_implicit_resolvers
    with_aliases = False
    quotes: str | None = None

    def ignore_aliases(self, data: Any) -> bool:
        return not (self.with_aliases and isinstance(data, (dict, list)))

    def write_text(self, text: str) -> yaml.Node:
        # A text of one line can be followed by a comment, and its lines can be counted.
        quotes = '"' if "\n" in text and self.quotes != "|" else self.quotes
        return self.represent_scalar("tag:yaml.org,2002:str", text, quotes)


_Dumper.add_representer(str, _Dumper.write_text)


class _Aliasing(_Dumper):
    with_aliases = True


@dataclass(frozen=True)
class Layout:
    """One way to write data: of collections, of text, and of what stands around it."""

    flow: bool | None = False
    quotes: str | None = None
    aliases: bool = False
    escapes: bool = False
    indent: int = 2
    comments: bool = False
    start: str = ""
    line_break: str = "\n"
    encoding: str = "utf-8"

    def write(self, data: Any) -> str:
        """Return the text of ``data`` with a line break at the end of each line."""
        kind = type("Dumper", (_Aliasing if self.aliases else _Dumper,), {"quotes": self.quotes})
        text = yaml.dump(
            _shared(data, {}) if self.aliases else data,
            Dumper=kind,
            default_flow_style=self.flow,
            allow_unicode=not self.escapes,
            indent=self.indent,
            width=10**6,
            sort_keys=False,
        )
        return self.start + (_commented(text) if self.comments and self.quotes != "|" else text)

    def encode(self, text: str) -> bytes:
        """Return the text as a file has it; a lone surrogate becomes bytes that are no UTF-8."""
        return text.replace("\n", self.line_break).encode(self.encoding, "surrogatepass")


LAYOUTS = st.builds(
    Layout,
    flow=st.sampled_from([False, False, None, True]),
    quotes=st.sampled_from([None, None, "'", '"', "|"]),
    aliases=st.booleans(),
    escapes=st.booleans(),
    indent=st.sampled_from([2, 2, 4, 7]),
    comments=st.booleans(),
    start=st.sampled_from(
        ["", "", "---\n", "# yaml-language-server: $schema=x\n", "%YAML 1.2\n---\n"]
    ),
    line_break=st.sampled_from(["\n", "\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-8-sig"]),
)


def _commented(text: str) -> str:
    """Put a comment beside each line and above it."""
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"# why: {{{{ x }}}}\n{line}  # - [said\n" for line in lines)


def _shared(data: Any, seen: dict[str, Any]) -> Any:
    """Return the same data with equal collections made one object, which becomes an alias."""
    if isinstance(data, dict):
        same: Any = {key: _shared(value, seen) for key, value in data.items()}
    elif isinstance(data, list):
        same = [_shared(value, seen) for value in data]
    else:
        return data
    return seen.setdefault(repr(same), same)
