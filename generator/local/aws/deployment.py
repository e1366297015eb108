"""One creation or update of an endpoint: a new fleet starts, gets the traffic step by step, stays.

Or it does not, and the old fleet goes on as before. Waits are in seconds of AWS, of which one takes
a hundredth of a second here.
"""

from __future__ import annotations

from threading import RLock
from typing import Any

from generator.local.aws import traffic_shift
from generator.local.aws.account import SAGEMAKER, Account
from generator.local.aws.endpoint import Endpoint
from generator.local.aws.fleet import Fleet
from generator.local.aws.serving_process import UnhealthyError
from generator.local.processes import ShuttingDownError

SECOND_OF_AWS = 0.01
"""Seconds that one second of AWS takes here."""

FAULTS = ("capacity", "endpoint-rolls-back", "endpoint-rollback-fails")
"""Faults that a creation or an update can be given."""

_LOOK_SECONDS = 5.0  # of AWS, between two looks at the alarms
_ROLLBACK_SECONDS = 30.0  # of AWS
# The first sentence as pull request 6673 of aws/deep-learning-containers quotes it.
_NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
_UNHEALTHY = (
    "The primary container for production variant {} did not pass the ping health check. Please "
    "check CloudWatch logs for this endpoint."
)


class RolledBackError(Exception):
    """The new fleet does not take over, for this FailureReason."""


class Deployment:
    """Puts `fleet` behind `endpoint`, whose fields it changes under `lock`."""

    def __init__(
        self,
        account: Account,
        lock: RLock,
        endpoint: Endpoint,
        fleet: Fleet,
        fault: str | None,
    ) -> None:
        self._account = account
        self._lock = lock
        self._endpoint = endpoint
        self._fleet = fleet
        self._fault = fault
        config = endpoint.deployment
        # Guardrails are for endpoints with instances only.
        serverless = any("ServerlessConfig" in variant for variant in fleet.variants)
        self._config: dict[str, Any] | None = None if serverless else config
        self._waited = 0.0

    def create(self) -> None:
        """Live through a creation: InService or Failed."""
        try:
            self._start()
        except RolledBackError as error:
            with self._lock:
                self._endpoint.pending = None
                self._endpoint.enter("Failed", str(error))
            return
        self._take_over()

    def update(self) -> None:
        """Live through an update: InService on the new fleet, or on the old one with a reason."""
        try:
            self._refuse_alarms()
            self._start()
            self._shift()
        except RolledBackError as error:
            self._roll_back(str(error))
        except Exception as error:  # a defect of ours must not leave it Updating for ever
            self._roll_back(f"InternalServerError: the emulated AWS: {error!r}")
        else:
            self._take_over()

    def _start(self) -> None:
        if self._fault == "capacity":
            raise RolledBackError(_NO_CAPACITY)
        reason = start(self._fleet)
        if reason is None and self._fault:
            reason = _UNHEALTHY.format(self._fleet.variants[0]["VariantName"])
        if reason is not None:
            raise RolledBackError(reason)

    def _shift(self) -> None:
        """Step by step, each watched before the next."""
        counts = [each.get("DesiredInstanceCount", 1) for each in self._fleet.desired.values()]
        for step in traffic_shift.steps(self._config, max(counts)):
            with self._lock:
                self._endpoint.shift(step.share)
            self._bake(step.wait)

    def _bake(self, seconds: float) -> None:
        """Watch the alarms for so long. Raises RolledBackError."""
        most = traffic_shift.longest(self._config)
        if self._waited + seconds > most:
            raise RolledBackError(
                f"The deployment did not complete within the maximum execution timeout of "
                f"{most:.0f} seconds."
            )
        self._waited += seconds
        while seconds > 0:
            self._pause(min(seconds, _LOOK_SECONDS))
            seconds -= _LOOK_SECONDS
            self._refuse_alarms()

    def _refuse_alarms(self) -> None:
        """An alarm that rings before the deployment ends it as well."""
        names = traffic_shift.alarms(self._config)
        if not names:
            return
        # The endpoint's own role looks at them:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
        cloudwatch = self._account.client("cloudwatch", SAGEMAKER)
        found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
        ringing = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
        if ringing:
            raise RolledBackError(
                f"One or more configured alarm(s) breached during deployment: {ringing}"
            )

    def _take_over(self) -> None:
        with self._lock:
            old, self._endpoint.serving = self._endpoint.serving, self._fleet
            self._endpoint.pending = None
            self._endpoint.shift(0.0)
            self._endpoint.config_name = self._fleet.config_name
            self._endpoint.enter("InService")
        if old is not None:
            old.stop()

    def _roll_back(self, reason: str) -> None:
        with self._lock:
            self._endpoint.shift(0.0)
            self._endpoint.enter("RollingBack")
        self._fleet.stop()
        self._account.pause(_ROLLBACK_SECONDS * SECOND_OF_AWS)
        failed = self._fault == "endpoint-rollback-fails"
        with self._lock:
            self._endpoint.pending = None
            self._endpoint.enter("UpdateRollbackFailed" if failed else "InService", reason)

    def _pause(self, seconds: float) -> None:
        if self._account.pause(seconds * SECOND_OF_AWS):
            raise RolledBackError("The emulated AWS is shutting down.")


def start(fleet: Fleet) -> str | None:
    """Why the fleet cannot serve, or None when it does."""
    try:
        fleet.start()
    except UnhealthyError as error:
        return str(error)
    except ShuttingDownError:
        return "The emulated AWS is shutting down."
    except Exception as error:  # a defect of ours must not leave the endpoint Creating for ever
        return f"InternalServerError: the emulated AWS: {error!r}"
    return None
