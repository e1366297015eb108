"""`traffic-shifting`: an update can end in time, in steps that SageMaker takes.

`linear` moves between 10 and 50 percent of the requests at a time, and waits after each step;
`canary` waits once. All of it must fit into the endpoint's `timeout`, or the run gives up an update
that goes well. `all_at_once` has no steps. A step is watched for an hour at most.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
    endpoint:
      name: example
      instance_type: ml.m5.large
      timeout: 30m
      deployment: {traffic: linear, step_percent: 10, wait: 5m}
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from generator.checks.subject import Subject
from generator.duration import seconds
from generator.problem import Finding, Path
from generator.stages.endpoint import DEFAULT_STEP, DEFAULT_TIMEOUT, DEFAULT_WAIT

RULE = "traffic-shifting"
_PATH: Path = ("endpoint", "deployment")
_HOUR = 3_600
_LEAST_LINEAR = 10


def check(subject: Subject) -> Iterator[Finding]:
    endpoint = subject.data.get("endpoint", {})
    deployment = endpoint.get("deployment")
    if deployment is None:
        return
    traffic, step = deployment.get("traffic", "all_at_once"), deployment.get("step_percent")
    wait = deployment.get("wait", DEFAULT_WAIT)
    if seconds(wait) > _HOUR:
        yield Finding((*_PATH, "wait"), RULE, f"'wait' must be at most 1h, not '{wait}'")
    elif traffic == "all_at_once" and step is not None:
        message = "'step_percent' has no effect: all_at_once has no steps"
        path = (*_PATH, "step_percent")
        yield Finding(path, RULE, message, "remove it", "warning", at_key=True)
    elif traffic == "linear" and (step or DEFAULT_STEP) < _LEAST_LINEAR:
        message = f"a step of linear is at least {_LEAST_LINEAR} percent, not {step}"
        yield Finding((*_PATH, "step_percent"), RULE, message)
    else:
        yield from _in_time(endpoint, traffic, step or DEFAULT_STEP, seconds(wait))


def _in_time(endpoint: Mapping[str, Any], traffic: str, step: int, wait: int) -> Iterator[Finding]:
    timeout = endpoint.get("timeout", DEFAULT_TIMEOUT)
    waits = math.ceil(100 / step) if traffic == "linear" else 1
    if waits * wait >= seconds(timeout):
        minutes = math.ceil(waits * wait / 60)
        message = f"the update waits {minutes} minutes, the endpoint's timeout is {timeout}"
        hint = "raise `timeout`, or wait for less"
        yield Finding(_PATH, RULE, message, hint, at_key=True)
