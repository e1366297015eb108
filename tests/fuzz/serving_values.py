"""Hypothesis strategies for the `evaluation` and `endpoint` sections of a valid pipeline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from schema_values import other_keys, values, whole_schema
from small_values import DAY, durations
from training_values import instances

from generator.checks.evaluation_metric import HIGHER_IS_BETTER
from generator.duration import seconds
from generator.stages.endpoint import DEFAULT_STEP, DEFAULT_TIMEOUT, DEFAULT_WAIT

_ENDPOINT = whole_schema("stages/endpoint.schema.json")
_EVALUATION = whole_schema("stages/evaluation.schema.json")
_HOUR = 3_600
_WITH_INSTANCES = ("instance_type", "instance_count", "deployment", "data_capture", "autoscaling")
_ANYWHERE = values(
    other_keys(_ENDPOINT, *_WITH_INSTANCES, "serverless"), {("timeout",): durations(60, DAY)}
)
_OF_INSTANCES = values(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["instance_type"],
        "properties": {key: _ENDPOINT["properties"][key] for key in _WITH_INSTANCES},
    },
    {
        ("instance_type",): instances("ProductionVariantInstanceType"),
        ("deployment", "wait"): durations(1, _HOUR),
        ("autoscaling", "scale_in_cooldown"): durations(1, _HOUR),
        ("autoscaling", "scale_out_cooldown"): durations(1, _HOUR),
    },
)
_SERVERLESS = values(_ENDPOINT["properties"]["serverless"])
_NAMES = values(_EVALUATION["properties"]["metrics"]["propertyNames"] | {"type": "string"})
_LEEWAY = st.floats(0, 10, allow_subnormal=False)


@st.composite
def endpoints(draw: st.DrawFn) -> dict[str, Any]:
    """Return an endpoint, on instances or serverless."""
    endpoint = draw(_ANYWHERE)
    test = endpoint.get("smoke_test", {})
    if "minimum" in test and "maximum" in test:
        test["minimum"], test["maximum"] = sorted((test["minimum"], test["maximum"]))
    if draw(st.integers(0, 3)) == 0:
        return endpoint | {"serverless": draw(_SERVERLESS)}
    endpoint |= draw(_OF_INSTANCES)
    if scaling := endpoint.get("autoscaling"):
        least, most = sorted((scaling["minimum"], scaling["maximum"]))
        scaling |= {"minimum": least, "maximum": most}
        endpoint["instance_count"] = draw(st.integers(least, most))
    if "deployment" in endpoint:
        _keep_in_time(endpoint, endpoint["deployment"])
    return endpoint


def _keep_in_time(endpoint: dict[str, Any], deployment: dict[str, Any]) -> None:
    """Correct the steps and the timeout of an endpoint, so that its update can end."""
    traffic = deployment.get("traffic", "all_at_once")
    if traffic == "all_at_once":
        deployment.pop("step_percent", None)
    elif traffic == "linear" and "step_percent" in deployment:
        deployment["step_percent"] = max(10, deployment["step_percent"])
    step = deployment.get("step_percent", DEFAULT_STEP)
    waits = math.ceil(100 / step) if traffic == "linear" else 1
    longest = waits * seconds(deployment.get("wait", DEFAULT_WAIT))
    if longest >= seconds(endpoint.get("timeout", DEFAULT_TIMEOUT)):
        endpoint["timeout"] = f"{longest + 60}s"


@st.composite
def evaluations(draw: st.DrawFn, training: Mapping[str, Any], serves: bool) -> dict[str, Any]:
    """Return an evaluation of what a training section measures; ``serves`` tells of an endpoint.

    It is empty where nothing is measured.
    """
    names = draw(_measured(training))
    if not names:
        return {}
    evaluation: dict[str, Any] = {
        "metrics": {name: f"{_sign(name)} {draw(st.integers(-9, 9))}" for name in names}
    }
    if serves and draw(st.booleans()):
        evaluation["no_worse_than_production_by"] = draw(_LEEWAY)
    if serves:
        evaluation["if_refused"] = draw(st.sampled_from(["fail", "skip_deployment"]))
    return evaluation


@st.composite
def _measured(draw: st.DrawFn, training: Mapping[str, Any]) -> list[str]:
    if "image" in training:
        return draw(st.lists(_NAMES, min_size=1, max_size=3, unique=True))
    written = training["hyperparameters"].get("eval_metric", [])
    metrics = written.split(",") if isinstance(written, str) else written
    channels = training.get("channels", {"train": {}, "validation": {}})
    names = [f"{channel}:{metric}" for channel in channels for metric in metrics]
    return draw(st.lists(st.sampled_from(names), unique=True)) if names else []


def _sign(name: str) -> str:
    metric = name.partition(":")[2].partition("@")[0]
    return ">=" if metric in HIGHER_IS_BETTER else "<"
