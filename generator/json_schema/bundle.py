"""Schemas made from other schemas: with nothing required, or whole in one file for editors."""

from __future__ import annotations

import copy
import json
from typing import Any

from generator.json_schema.references import follow
from generator.json_schema.validator import RUN_TIME_TEMPLATE

_OURS = (RUN_TIME_TEMPLATE, "renamed", "advice")
"""Keywords that only our linter knows."""

_EXPRESSION = r"\$\{\{"
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


def editor_schema(name: str) -> dict[str, Any]:
    """Return the schema of a ``pipeline`` or of ``defaults`` for editors, whole in one file.

    Linters see values, editors the text before ``${{ }}`` is resolved: here every value may also
    be an expression. It needs nothing that JSON Schema draft 7 does not have, because not every
    editor knows the later ones.
    """
    about = _resolved({"$ref": f"{name}.schema.json"}, "")
    return {**_with_expressions(about), "type": "object"}


def as_text(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _resolved(node: Any, file: str) -> Any:
    """Return ``node`` of ``file`` with every ``$ref`` replaced by what it refers to."""
    if isinstance(node, list):
        return [_resolved(item, file) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: value for key, value in node.items() if key not in ("$defs", "$id")}
    reference = node.pop("$ref", None)
    own = {key: _resolved(value, file) for key, value in node.items()}
    return own if reference is None else {**_resolved(*follow(reference, file)), **own}


def _with_expressions(schema: Any) -> Any:
    """Return a schema whose values may be written as ``${{ … }}``."""
    if not isinstance(schema, dict):
        return schema
    inner = {key: value for key, value in schema.items() if key not in _OURS}
    for key in inner.keys() & {"additionalProperties", "else", "items", "then"}:
        inner[key] = _with_expressions(inner[key])
    if "allOf" in inner:
        inner["allOf"] = [_with_expressions(each) for each in inner["allOf"]]
    if "properties" in inner:
        properties = inner["properties"].items()
        inner["properties"] = {name: _with_expressions(about) for name, about in properties}
    return _value_or_expression(inner)


def _value_or_expression(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    example = next(iter(schema.get("examples", ())), None)
    hint = f"for example {json.dumps(example, ensure_ascii=False)}, or ${{{{ env.… }}}}"
    if "string" not in kinds:
        only = {"pattern": _EXPRESSION, "patternErrorMessage": f"not {_or(kinds)}: {hint}"}
        return {**schema, "type": [*kinds, "string"], **only}
    if "enum" in schema:
        choices = {"enum": schema.pop("enum")}
        return {**schema, "anyOf": [choices, {"type": "string", "pattern": _EXPRESSION}]}
    if "pattern" in schema:
        pattern = f"{schema['pattern']}|{_EXPRESSION}"
        return {**schema, "pattern": pattern, "patternErrorMessage": f"not valid: {hint}"}
    return schema


def _or(kinds: list[str]) -> str:
    return " or ".join(f"{'an' if kind[0] in 'aio' else 'a'} {kind}" for kind in kinds)


def _without_required(node: Any, key: str = "") -> Any:
    if isinstance(node, list):
        return [_without_required(item) for item in node]
    if not isinstance(node, dict):
        return copy.deepcopy(node)
    drop = () if key in ("properties", "if") else ("required",)
    return {
        name: _without_required(value, name) for name, value in node.items() if name not in drop
    }
