"""How an endpoint's traffic goes over to a new fleet: which share when, and how long it is watched.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from generator.local.aws.errors import invalid

Config = dict[str, Any]

_SIZES = {
    "CANARY": ("CanarySize", 50),
    "LINEAR": ("LinearStepSize", 50),
}


class Step(NamedTuple):
    """A part of the traffic (0 to 1) for the new fleet, watched for `wait` seconds of AWS."""

    share: float
    wait: int


def check(config: Config | None) -> None:
    """Refuse what the service model allows and SageMaker does not. Raises AwsError."""
    if not config:
        return
    policies = {"BlueGreenUpdatePolicy", "RollingUpdatePolicy"} & config.keys()
    if len(policies) > 1:
        raise invalid("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified.")
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    name, most = _SIZES.get(routing.get("Type", ""), ("", 0))
    if not name:
        return
    if name not in routing:
        raise invalid(f"{name} is required for the traffic routing type {routing['Type']}.")
    size = routing[name]
    if size["Type"] == "CAPACITY_PERCENT" and size["Value"] > most:
        raise invalid(f"{name} must be at most {most} percent of the capacity.")


def steps(config: Config | None, instances: int) -> list[Step]:
    """The steps of a deployment onto a fleet of so many instances; the last has all traffic."""
    config = config or {}
    if rolling := config.get("RollingUpdatePolicy"):
        size = _share(rolling["MaximumBatchSize"], instances)
        return _even_steps(size, rolling["WaitIntervalInSeconds"], 0)
    policy = config.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    wait, last = routing.get("WaitIntervalInSeconds", 0), policy.get("TerminationWaitInSeconds", 0)
    if routing.get("Type") == "CANARY":
        return [Step(_share(routing["CanarySize"], instances), wait), Step(1.0, last)]
    if routing.get("Type") == "LINEAR":
        return _even_steps(_share(routing["LinearStepSize"], instances), wait, last)
    return [Step(1.0, last)]


def longest(config: Config | None) -> float:
    """The most seconds of AWS that a deployment may take."""
    config = config or {}
    policy = config.get("BlueGreenUpdatePolicy") or config.get("RollingUpdatePolicy") or {}
    return float(policy.get("MaximumExecutionTimeoutInSeconds", math.inf))


def alarms(config: Config | None) -> list[str]:
    """The names of the CloudWatch alarms that roll it back."""
    rollback = (config or {}).get("AutoRollbackConfiguration", {})
    return [alarm["AlarmName"] for alarm in rollback.get("Alarms", [])]


def _even_steps(size: float, wait: int, last: int) -> list[Step]:
    count = math.ceil(1.0 / size - 1e-9)
    return [*(Step(size * number, wait) for number in range(1, count)), Step(1.0, last)]


def _share(size: Config, instances: int) -> float:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else instances
    return min(1.0, size["Value"] / whole)
