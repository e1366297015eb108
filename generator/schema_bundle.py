"""Schemas made from other schemas: all references filled in, or nothing required."""

from __future__ import annotations

import copy
import json
from typing import Any

from generator.project import schemas_folder

NOT_INHERITED = ("schema_version", "name")
"""Keys that only a pipeline itself can have."""


def defaults_schema() -> dict[str, Any]:
    """Return the schema of ``_defaults.yaml``: a pipeline's keys, none of them required.

    ``glue`` is one mapping there, the defaults of every job.
    """
    bundle = _resolved({"$ref": "pipeline.schema.json"}, "")
    properties = {
        key: value for key, value in bundle["properties"].items() if key not in NOT_INHERITED
    }
    job = _resolved({"$ref": "stages/glue.schema.json#/$defs/job"}, "")
    about = {"description": "Defaults of every Glue job.", "examples": [{"workers": 5}]}
    properties["glue"] = {**job, **about}
    properties["glue"]["properties"] = {
        key: value for key, value in job["properties"].items() if key not in ("name", "needs")
    }
    return _without_required(
        {
            "$schema": bundle["$schema"],
            "$id": "defaults.schema.json",
            "title": "Defaults of a folder of pipelines",
            "description": "Inherited by every pipeline in the folder and below.",
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
        }
    )


def _resolved(node: Any, file: str) -> Any:
    """Return ``node`` of ``file`` with every ``$ref`` replaced by what it refers to."""
    if isinstance(node, list):
        return [_resolved(item, file) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: value for key, value in node.items() if key not in ("$defs", "$id")}
    reference = node.pop("$ref", None)
    own = {key: _resolved(value, file) for key, value in node.items()}
    if reference is None:
        return own
    name, _, pointer = reference.partition("#")
    target_file = _join(file, name) if name else file
    target = json.loads((schemas_folder() / target_file).read_text("utf-8"))
    for step in filter(None, pointer.split("/")):
        target = target[step]
    return {**_resolved(target, target_file), **own}


def _join(file: str, name: str) -> str:
    parts = file.split("/")[:-1]
    for step in name.split("/"):
        parts = parts[:-1] if step == ".." else [*parts, step]
    return "/".join(parts)


def _without_required(node: Any, key: str = "") -> Any:
    if isinstance(node, list):
        return [_without_required(item) for item in node]
    if not isinstance(node, dict):
        return copy.deepcopy(node)
    drop = () if key in ("properties", "if") else ("required",)
    return {
        name: _without_required(value, name) for name, value in node.items() if name not in drop
    }
