"""dag-factory configuration -> Airflow DAG.

dag-factory's public loader hides a broken file, reads YAML slowly and runs what YAML names;
its ``DagBuilder`` does none of that when it is given data (see docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from sys import intern
from typing import Any

from generator.dag_builder import DagBuilder

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG  # type: ignore[no-redef]

_TYPES = frozenset(
    {
        "datetime.timedelta",
        "airflow.sdk.Param",
        "airflow.models.param.Param",
        "airflow.timetables.trigger.CronTriggerTimetable",
    }
)
"""The only types that a configuration can ask for with ``__type__``."""


def build(configuration: dict[str, Any]) -> DAG:
    """Build the DAG of one expanded configuration ``{dag_id: {…}}``, which stays as it is.

    DagBuilder takes callbacks to pieces, also one that several tasks share.
    """
    ((dag_id, config),) = _copy(configuration).items()
    return DagBuilder(dag_id, _typed(config), {}).build()["dag"]


def _copy(data: Any) -> Any:
    """Return a copy whose mappings and lists are nowhere the same ones, and whose texts all are.

    A thousand pipelines say much alike.
    """
    if isinstance(data, str):
        return intern(data)
    if isinstance(data, dict):
        return {intern(key): _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _typed(config: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which the marked places hold Airflow's types.

    Only these places are looked at: a user's own data is never taken for a type.
    """
    typed = {
        **config,
        "default_args": _typed_values(config["default_args"]),
        "schedule": _typed_value(config["schedule"]),
    }
    typed["tasks"] = {name: _typed_values(task) for name, task in config["tasks"].items()}
    if "params" in config:
        typed["params"] = _typed_values(config["params"])
    return typed


def _typed_values(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _typed_value(value) for key, value in values.items()}


def _typed_value(value: Any) -> Any:
    if not isinstance(value, dict) or "__type__" not in value:
        return value
    arguments = {key: each for key, each in value.items() if key != "__type__"}
    return _type(value["__type__"])(**arguments)


@cache
def _type(name: str) -> Callable[..., Any]:
    if name not in _TYPES:
        raise ValueError(f"a configuration may not ask for {name}")
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)
