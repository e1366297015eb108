"""Write service_models.json of generator/aws_requests/: what botocore says of what we send.

Botocore's own format without the documentation, and without what no pipeline can send. A shape
that is left out is accepted unchecked. Run it with ``make models``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import botocore

from generator.aws_requests.requests import operations
from generator.aws_requests.service_model import EXTRACT, service_model

PRUNED = {
    "CodeGenConfigurationNodes",
    "DebugRuleConfigurations",
    "ExplainerConfig",
    "ProfilerRuleConfigurations",
}
"""Large, and sent by nobody."""

TRAITS = ("type", "required", "members", "member", "key", "value", "union", "document")
CONSTRAINTS = ("min", "max", "pattern", "enum")


def extract(service: str, names: list[str]) -> dict[str, Any]:
    """Return the operations ``names`` of a service and every shape that their requests need."""
    model = service_model(service)
    requests = {name: model.operations[name]["input"]["shape"] for name in names}
    shapes: dict[str, Any] = {}
    waiting = list(requests.values())
    while waiting:
        name = waiting.pop()
        if name not in shapes and name not in PRUNED:
            shapes[name] = _stripped(model.shapes[name])
            waiting.extend(_references(shapes[name]))
    chosen = {name: {"input": {"shape": request}} for name, request in requests.items()}
    return {"operations": chosen, "shapes": dict(sorted(shapes.items()))}


def _stripped(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a shape without what checks nothing."""
    kept = {trait: shape[trait] for trait in (*TRAITS, *CONSTRAINTS) if trait in shape}
    for trait in ("member", "key", "value"):
        if trait in kept:
            kept[trait] = {"shape": kept[trait]["shape"]}
    if "members" in kept:
        kept["members"] = {name: {"shape": it["shape"]} for name, it in kept["members"].items()}
    return kept


def _references(shape: Mapping[str, Any]) -> Iterator[str]:
    for trait in ("member", "key", "value"):
        if trait in shape:
            yield shape[trait]["shape"]
    for member in shape.get("members", {}).values():
        yield member["shape"]


def written(extracts: Mapping[str, Any]) -> str:
    """Return the file's text: a line for each shape, so that a change shows which."""
    services = [
        f'{_json(service)}: {{"operations": {_json(model["operations"])},\n'
        f'"shapes": {_by_line(model["shapes"])}}}'
        for service, model in extracts.items()
    ]
    together = ",\n".join(services)
    return f'{{"botocore": {_json(botocore.__version__)},\n"services": {{\n{together}\n}}}}\n'


def _by_line(shapes: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"{_json(name)}: {_json(shape)}" for name, shape in shapes.items())
    return f"{{\n{lines}\n}}"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def text() -> str:
    """Return what the file must hold for the botocore that is installed."""
    return written({service: extract(service, names) for service, names in operations().items()})


if __name__ == "__main__":
    EXTRACT.write_text(text(), encoding="utf-8")
