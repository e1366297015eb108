"""Who is told over SNS of what: the callbacks of a DAG, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.pipeline import Pipeline
from generator.stages.evaluation import Evaluation
from generator.template import OMIT, template

GATE = "evaluate"
"""The task that may refuse a model: see templates/evaluation.yaml."""


def notices(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the callbacks that `notify` asks for, by the name of what they tell.

    ``failed_task``, ``refused`` and ``skipped`` belong to tasks, ``failed_run`` and
    ``succeeded_run`` to the DAG. See ``operators/notice.py`` for when each of them speaks.
    """
    topics, heard = scope["pipeline"].notify, scope["airflow"].callbacks_read_xcom
    found: dict[str, Any] = {}
    if topic := topics.get("on_failure"):
        alone = OMIT if heard else True
        found["failed_task"] = _notice(scope, "FailedTask", topic, "failed", alone=alone)
        if heard:
            found["failed_run"] = _notice(scope, "FailedRun", topic, "failed")
    if topic := topics.get("on_refusal"):
        failed = found.get("failed_task", {})
        otherwise = {key: value for key, value in failed.items() if key != "callback"} or OMIT
        told = "refused the new model"
        found["refused"] = _notice(scope, "RefusedModel", topic, told, otherwise=otherwise)
        found["skipped"] = _notice(scope, "SkippedModel", topic, f"{told}; the old one stays")
    if topic := topics.get("on_success"):
        gate = GATE if heard and _may_skip(scope["pipeline"]) else OMIT
        found["succeeded_run"] = _notice(scope, "SucceededRun", topic, "succeeded", gate=gate)
    return found


def _may_skip(pipeline: Pipeline) -> bool:
    return any(gate.if_refused == "skip_deployment" for gate in pipeline.of_kind(Evaluation))


def _notice(
    scope: Mapping[str, Any], kind: str, topic: str, outcome: str, **more: Any
) -> dict[str, Any]:
    own = {"kind": f"{kind}Notice", "topic_arn": topic, "outcome": outcome}
    made: dict[str, Any] = template("notice")(
        {**scope, **own, "alone": OMIT, "otherwise": OMIT, "gate": OMIT, **more}
    )
    return made
