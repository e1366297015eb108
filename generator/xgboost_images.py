"""The images of SageMaker's built-in XGBoost algorithm, by region and container version.

The table beside this module is generated from the SageMaker SDK by ``make images``, so that nothing
imports the SDK when Airflow parses a DAG. It also tells which versions AWS no longer maintains.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _table() -> dict[str, Any]:
    text = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def regions() -> tuple[str, ...]:
    """Return the regions that have the images, sorted."""
    return tuple(_table()["registries"])


def versions() -> tuple[str, ...]:
    """Return the container versions on offer, oldest first."""
    return tuple(_table()["versions"])


def end_of_support(version: str) -> str | None:
    """Return the day (ISO 8601) on which AWS stopped to patch a version, None while it does.

    Source: https://aws.github.io/deep-learning-containers/reference/support_policy/
    """
    support = _table()["support"].get(version, {"ended": False})
    return str(support["until"]) if support["ended"] else None


def image_uri(region: str, version: str) -> str | None:
    """Return the image's URI, or None for a region or a version that isn't in the table.

    One image serves training and inference, on CPU and GPU.
    """
    registry = _table()["registries"].get(region)
    if registry is None or version not in versions():
        return None
    return f"{registry}/{_table()['repository']}:{version}"
