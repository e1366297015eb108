"""An expanded configuration as YAML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and no anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.Node:
        style = "|" if "\n" in value else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


def yaml_text(configuration: Mapping[str, Any]) -> str:
    """Return the configuration in the form in which dag-factory reads it from a file."""
    return yaml.dump(
        configuration, Dumper=_Dumper, sort_keys=False, width=1_000, allow_unicode=True
    )
