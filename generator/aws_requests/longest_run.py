"""Run-time templates ``{{ … }}`` resolved as long as a run can make them.

What is sent to AWS is known only when a task runs; what fits here fits in every run. Not known are
``dag_run.conf``, a text parameter without ``maxLength``, and whatever cannot be looked up: those
count for one character, so a value with them is checked in everything but its length.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from jinja2 import ChainableUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

RUN_ID = "manual__2026-09-30T23:59:59.999999+00:00__".ljust(250, "x")
"""As long as Airflow's database takes it, with every special character that one can have
(``airflow.models.base.ID_LEN`` and the setting ``allowed_run_id_pattern``)."""

MOMENT = datetime(2026, 9, 30, 23, 59, 59, 999_999, UTC)
"""A Wednesday in September, so that it is longest in every format."""

TRY = 999
"""A task has at most 10 retries of its own, but can be cleared again and again."""

_LONG_ENOUGH = 10_000
"""Characters that are more than AWS takes anywhere; a ``maxLength`` may be any number."""

_EXPRESSION = re.compile(r"\{\{(?![-+])([^{}]*)(?<![-+])\}\}")


class Unknown(ChainableUndefined):
    """What only a run can tell: whatever is looked up in it is unknown, too."""

    def __str__(self) -> str:
        return "x"


class LongestRun:
    """The run of one DAG whose every value is as long as it can be.

    ``params`` maps a name to its JSON Schema with a default.
    """

    def __init__(self, dag_id: str, params: Mapping[str, Mapping[str, Any]]) -> None:
        self._returned: dict[str, Any] = {}
        self._known: dict[str, str] = {}
        task = SimpleNamespace(
            try_number=TRY,
            max_tries=TRY,
            task=SimpleNamespace(retries=0),
            dag_id=dag_id,
            run_id=RUN_ID,
            xcom_pull=self._pull,
        )
        run = SimpleNamespace(dag_id=dag_id, conf=Unknown(), **_SCOPE)
        longest = {name: _longest(schema) for name, schema in params.items()}
        scope = {**_SCOPE, "dag_run": run, "ti": task, "params": longest}
        self._context = _JINJA.context_class(_JINJA, scope, None, {})

    def returns(self, task: str, value: Any) -> None:
        """Remember what a task returned, for the tasks that read it."""
        self._returned[task] = value

    def resolved(self, value: Any) -> Any:
        """Return a copy of ``value`` with every text in it resolved."""
        if isinstance(value, str):
            return self._text(value) if "{" in value else value
        if isinstance(value, dict):
            return {key: self.resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        pieces = _EXPRESSION.split(text)
        if "{" in "".join(pieces[::2]):
            return self._evaluated(text)
        # Piece by piece, because the pieces are alike in a thousand pipelines and texts are not.
        pieces[1::2] = [self._expression(piece) for piece in pieces[1::2]]
        return "".join(pieces)

    def _expression(self, expression: str) -> str:
        if expression not in self._known:
            self._known[expression] = self._evaluated("{{" + expression + "}}")
        return self._known[expression]

    def _evaluated(self, text: str) -> str:
        try:
            return "".join(_compiled(text).root_render_func(self._context))
        except Exception:  # anything: in a run it fails too, which other rules warn of
            return str(Unknown())

    def _pull(self, task_ids: str) -> Any:
        return self._returned.get(task_ids, Unknown())


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Template:
    return _JINJA.from_string(text)


def _longest(schema: Mapping[str, Any]) -> Any:
    """Return the longest value that a parameter can have, its default where no rule says."""
    if "enum" not in schema and "maxLength" in schema:
        return "x" * min(schema["maxLength"], _LONG_ENOUGH)
    limits = [schema[name] for name in ("minimum", "maximum") if name in schema]
    return max([schema.get("default"), *limits, *schema.get("enum", ())], key=_length)


def _length(value: Any) -> int:
    return len(str(value))


def _ds_add(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def _ds_format(day: str, read: str, written: str) -> str:
    return datetime.strptime(day, read).replace(tzinfo=UTC).strftime(written)


def _jinja() -> ImmutableSandboxedEnvironment:
    jinja = ImmutableSandboxedEnvironment(undefined=Unknown, optimized=False)
    jinja.globals.clear()
    jinja.filters |= {
        "ds": lambda moment: moment.strftime("%Y-%m-%d"),
        "ds_nodash": lambda moment: moment.strftime("%Y%m%d"),
        "ts": lambda moment: moment.isoformat(),
        "ts_nodash": lambda moment: moment.strftime("%Y%m%dT%H%M%S"),
    }
    return jinja


_JINJA = _jinja()
_SCOPE: dict[str, Any] = {
    "run_id": RUN_ID,
    "ds": MOMENT.strftime("%Y-%m-%d"),
    "ds_nodash": MOMENT.strftime("%Y%m%d"),
    "ts": MOMENT.isoformat(),
    "ts_nodash": MOMENT.strftime("%Y%m%dT%H%M%S"),
    **dict.fromkeys(
        ("run_after", "start_date", "logical_date", "data_interval_start", "data_interval_end"),
        MOMENT,
    ),
    # Not the module uuid: from a module every other can be reached.
    "macros": SimpleNamespace(
        ds_add=_ds_add,
        ds_format=_ds_format,
        uuid=SimpleNamespace(uuid5=uuid.uuid5, NAMESPACE_OID=uuid.NAMESPACE_OID),
    ),
}
