"""A hypothesis strategy for pipelines that are valid: the schema's values, and what rules add.

Made so that they keep the rules, never made and then thrown away: hypothesis gives up where few of
what it makes are kept.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from data_mistakes import at
from examples import paths
from glue_values import glue_sections
from hypothesis import strategies as st
from schema_values import matching, other_keys, values, whole_schema
from serving_values import endpoints, evaluations
from small_values import AT_RUN_TIME, DATES, SCHEDULES, params
from training_values import training_sections

from generator.stages import READERS

_TOPIC = st.just("${{ env.alerts_topic_arn }}") | matching(
    "^arn:aws:sns:us-east-1:[0-9]{12}:[a-z]+$"
)
_WITHOUT_STAGES = values(
    other_keys(whole_schema("pipeline.schema.json"), *READERS),
    {
        ("schedule",): st.none() | SCHEDULES,
        ("start_date",): DATES,
        ("params", "*"): params(),
        ("notify", "on_failure"): _TOPIC,
        ("notify", "on_refusal"): _TOPIC,
        ("notify", "on_success"): _TOPIC,
    },
)
_SECTIONS = st.sampled_from(
    [
        ["glue"],
        ["training"],
        ["glue", "training"],
        ["training", "endpoint"],
        ["glue", "training", "endpoint"],
    ]
)


@st.composite
def valid_pipelines(draw: st.DrawFn) -> dict[str, Any]:
    """Return a pipeline that lint has no error to report of and Airflow can run."""
    data = draw(_WITHOUT_STAGES)
    if data.get("schedule"):
        data.setdefault("start_date", "2026-01-05")
    if data.get("schedule") == "@continuous":
        data.pop("max_active_runs", None)
    sections = draw(_SECTIONS)
    own = [f"{{{{ params.{name} }}}}" for name in data.get("params", {})]
    if "glue" in sections:
        data["glue"] = draw(glue_sections([*AT_RUN_TIME, *own]))
    if "training" in sections:
        data["training"] = draw(training_sections(prepared="glue" in sections))
        evaluation = draw(evaluations(data["training"], serves="endpoint" in sections))
        if evaluation and draw(st.booleans()):
            data["evaluation"] = evaluation
    if "endpoint" in sections:
        data["endpoint"] = draw(endpoints())
        if "serverless" in data["endpoint"]:
            data["training"].pop("network", None)
    return draw(_with_expressions(data))


@st.composite
def _with_expressions(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the pipeline with some of its values written as expressions."""
    data = copy.deepcopy(data)  # lists that sampled_from offers are the same objects every time
    able = [path for path in paths(data) if path != ("name",) and _literal(at(data, path))]
    for path in draw(st.lists(st.sampled_from(able), max_size=3, unique=True)):
        form = draw(st.sampled_from(["${{ %s }}", "${{env.nothing|default(%s)}}"]))
        at(data, path[:-1])[path[-1]] = form % _literal(at(data, path))
    return data


def _literal(value: Any) -> str:
    """Return a value as an expression would write it, nothing where it cannot."""
    if isinstance(value, str):
        return f"'{value}'" if re.fullmatch("[A-Za-z0-9 ._:/@*,+=-]{1,60}", value) else ""
    is_plain = isinstance(value, bool) or (isinstance(value, int) and value >= 0)
    return str(value).lower() if is_plain else ""
