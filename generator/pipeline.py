"""A pipeline as a typed value; knows no YAML, no file and no Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from generator import stages
from generator.duration import seconds
from generator.stages import Stage

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Pipeline:
    """What one YAML file says, checked and with every default filled in.

    ``retry_delay`` is in seconds, ``start_date`` an ISO date (UTC), ``params`` maps a name to
    its JSON Schema with a default.
    """

    name: str
    owner: str
    stages: tuple[Stage, ...]
    description: str = ""
    schedule: str | None = None
    start_date: str | None = None
    catchup: bool = False
    max_active_runs: int = 1
    tags: tuple[str, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    retries: int = 0
    retry_delay: int = 300
    notify: Mapping[str, str] = field(default_factory=dict)

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """Return the stages of one class, in running order."""
        return [stage for stage in self.stages if isinstance(stage, kind)]


def read(data: Mapping[str, Any]) -> Pipeline:
    """Turn checked and resolved data into a Pipeline."""
    values = {
        key: value
        for key, value in data.items()
        if key != "schema_version" and key not in stages.READERS
    }
    values["tags"] = tuple(data.get("tags", ()))
    values["retry_delay"] = seconds(data.get("retry_delay", "5m"))
    values["stages"] = stages.read(dict(data))
    return Pipeline(**values)
