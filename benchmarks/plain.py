"""A dag-factory configuration as the Python that one would write by hand instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_HEAD = """\
from datetime import datetime, timedelta, timezone

# The DAG processor imports these before it forks.
import airflow.providers.amazon.aws.notifications.sns
import airflow.providers.amazon.aws.operators.glue
import airflow.providers.amazon.aws.operators.sagemaker
from airflow.sdk import DAG

{imports}
"""
_FUNCTION = """
def build({names}):
    with DAG(
{dag}
    ) as dag:
{tasks}
    return dag


for values in {values}:
    made = build(*values)
    globals()[made.dag_id] = made
"""
_BLUEPRINT = """
from airflow.sdk import TaskGroup
from blueprint import BaseModel, Blueprint


class ChurnConfig(BaseModel):
{fields}


class Churn(Blueprint[ChurnConfig]):
    def render(self, config):
        {names} = {read}
        with TaskGroup(group_id=self.step_id, prefix_group_id=False) as group:
{tasks}
        return group
"""


def plain_file(
    configuration: Mapping[str, Any],
    markers: Mapping[str, str],
    values: Sequence[Sequence[str]],
    as_blueprint: bool = False,
) -> str:
    """Return a module that builds a DAG for each of ``values``.

    ``configuration`` holds the text of ``markers`` where a pipeline's own value stands; their
    names become the parameters of a function.
    """
    ((_, dag),) = configuration.items()
    writer = _Writer(markers)
    tasks = dag["tasks"]
    names = ", ".join(markers)
    lines = list(writer.tasks(tasks))
    if as_blueprint:
        body = _BLUEPRINT.format(
            fields=_indented([f"{name}: str" for name in markers if name != "schedule"], 4),
            names=names.replace("schedule, ", ""),
            read=", ".join(f"config.{name}" for name in markers if name != "schedule"),
            tasks=_indented(lines, 12),
        )
    else:
        body = _FUNCTION.format(
            names=names,
            dag=_indented(writer.dag(dag), 8),
            tasks=_indented(lines, 8),
            values=repr([tuple(each) for each in values]),
        )
    return _HEAD.format(imports="\n".join(sorted(writer.imports))) + body


class _Writer:
    def __init__(self, markers: Mapping[str, str]) -> None:
        self.imports: set[str] = set()
        self._names = {marker: name for name, marker in markers.items()}
        self._split = re.compile("(" + "|".join(map(re.escape, self._names)) + ")")

    def dag(self, dag: Mapping[str, Any]) -> Iterator[str]:
        yield f"dag_id={self.code(next(iter(self._names)))},"
        for key, value in dag.items():
            if key == "tasks":
                continue
            written = self.code(value)
            if key == "start_date":
                year, month, day = map(int, value.split("-"))
                written = f"datetime({year}, {month}, {day}, tzinfo=timezone.utc)"
            elif key == "tags":
                written = self.code([*value, "dagfactory"])
            yield f"{key}={written},"

    def tasks(self, tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        for name, task in tasks.items():
            yield f"{name} = {self._class(task['operator'])}("
            yield f"    task_id={name!r},"
            for key, value in task.items():
                if key not in ("operator", "dependencies"):
                    yield f"    {key}={self.code(value)},"
            yield ")"
        for name, task in tasks.items():
            for upstream in task["dependencies"]:
                yield f"{upstream} >> {name}"

    def code(self, value: Any) -> str:
        """Return a value as Python, with the parameters where their markers stand."""
        if isinstance(value, dict) and "__type__" in value:
            return f"timedelta(seconds={value['seconds']})"
        if isinstance(value, dict) and "callback" in value:
            own = [f"{key}={self.code(each)}" for key, each in value.items() if key != "callback"]
            return f"{self._class(value['callback'])}({', '.join(own)})"
        if isinstance(value, dict):
            members = [f"{self.code(key)}: {self.code(each)}" for key, each in value.items()]
            return "{" + ", ".join(members) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self.code, value)) + "]"
        return self._text(value) if isinstance(value, str) else repr(value)

    def _text(self, text: str) -> str:
        pieces = [piece for piece in self._split.split(text) if piece]
        return " + ".join(self._names.get(piece) or repr(piece) for piece in pieces) or "''"

    def _class(self, path: str) -> str:
        module, _, name = path.rpartition(".")
        self.imports.add(f"from {module} import {name}")
        return name


def _indented(lines: Sequence[str] | Iterator[str], width: int) -> str:
    return "\n".join(" " * width + line for line in lines)
