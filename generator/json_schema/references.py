"""The project's JSON Schemas, and what a ``$ref`` in one of them refers to."""

from __future__ import annotations

import json
import posixpath
from functools import cache
from typing import Any

from generator.project import schemas_folder


@cache
def schema_file(name: str) -> dict[str, Any]:
    """Return the schema ``name`` (``stages/glue.schema.json``), read once; not to be changed."""
    content: dict[str, Any] = json.loads((schemas_folder() / name).read_text("utf-8"))
    return content


def follow(reference: str, file: str) -> tuple[Any, str]:
    """Return what ``reference`` in the schema ``file`` refers to, and the file that it is in."""
    name, _, pointer = reference.partition("#")
    target_file = (
        posixpath.normpath(posixpath.join(posixpath.dirname(file), name)) if name else file
    )
    target: Any = schema_file(target_file)
    for step in filter(None, pointer.split("/")):
        target = target[step]
    return target, target_file
