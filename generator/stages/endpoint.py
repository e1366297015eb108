"""The endpoint stage: the trained model behind a SageMaker real-time endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from generator.duration import seconds

DEFAULT_WAIT = "5m"
"""How long a step of an update is watched."""

DEFAULT_STEP = 10
"""Percent of the capacity that a step of an update moves."""

DEFAULT_TIMEOUT = "30m"

_LONGEST_UPDATE = (600, 28_800)
"""Least and most seconds of MaximumExecutionTimeoutInSeconds:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html"""

_STEPS = {"canary": "CanarySize", "linear": "LinearStepSize"}


@dataclass(frozen=True)
class SmokeTest:
    """What the new model is asked: ``samples``, or ``rows`` of the validation data.

    ``minimum`` and ``maximum`` are None where the objective decides.
    """

    rows: int = 10
    samples: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Autoscaling:
    """How many instances there may be; cooldowns in seconds, invocations per minute."""

    minimum: int
    maximum: int
    invocations_per_instance: int
    scale_in_cooldown: int = 300
    scale_out_cooldown: int = 60


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that the first run creates and later runs update; ``timeout`` in seconds.

    ``instance_type`` is None where the endpoint is serverless.
    """

    SECTION: ClassVar[str] = "endpoint"
    IN_TEMPLATES: ClassVar[str] = "endpoint"
    ORIGINS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "EndpointConfigName": ("pipeline.name",),
        "ModelName": ("pipeline.name",),
        "capture": ("endpoint.data_capture.destination", "pipeline.name", "env.artifacts_bucket"),
        "endpoint.data_capture_config": ("endpoint.data_capture",),
        "endpoint.deployment_config": ("endpoint.deployment",),
        "endpoint.serverless_config": ("endpoint.serverless",),
    }

    name: str
    instance_type: str | None = None
    instance_count: int = 1
    serverless: Mapping[str, int] | None = None
    timeout: int = 1_800
    deployment: Mapping[str, Any] | None = None
    data_capture: Mapping[str, Any] | None = None
    autoscaling: Autoscaling | None = None
    smoke_test: SmokeTest = field(default_factory=SmokeTest)
    keep_last: int = 5

    @property
    def serverless_config(self) -> dict[str, int] | None:
        """The memory and concurrency as CreateEndpointConfig wants them."""
        if not self.serverless:
            return None
        concurrency = self.serverless["max_concurrency"]
        return {"MemorySizeInMB": self.serverless["memory_mb"], "MaxConcurrency": concurrency}

    def data_capture_config(self, default: str) -> dict[str, Any] | None:
        """Return what is kept of the requests, or None; ``default`` is an S3 prefix.

        https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
        """
        if not self.data_capture:
            return None
        return {
            "EnableCapture": True,
            "InitialSamplingPercentage": self.data_capture["percent"],
            "DestinationS3Uri": self.data_capture.get("destination", default),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        }

    @property
    def deployment_config(self) -> dict[str, Any] | None:
        """How an update moves the requests, as UpdateEndpoint wants it; None for its default.

        https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
        """
        if not self.deployment:
            return None
        least, most = _LONGEST_UPDATE
        policy = {
            "TrafficRoutingConfiguration": self._traffic,
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": min(max(self.timeout, least), most),
        }
        alarms = [{"AlarmName": name} for name in self.deployment.get("alarms", ())]
        undo = {"AutoRollbackConfiguration": {"Alarms": alarms}} if alarms else {}
        return {"BlueGreenUpdatePolicy": policy, **undo}

    @property
    def _traffic(self) -> dict[str, Any]:
        deployment = self.deployment or {}
        kind = deployment.get("traffic", "all_at_once")
        wait = seconds(deployment.get("wait", DEFAULT_WAIT))
        routing = {"Type": kind.upper(), "WaitIntervalInSeconds": wait}
        if kind in _STEPS:
            percent = deployment.get("step_percent", DEFAULT_STEP)
            routing[_STEPS[kind]] = {"Type": "CAPACITY_PERCENT", "Value": percent}
        return routing


def read(section: Mapping[str, Any]) -> list[Endpoint]:
    """Turn the checked section into the pipeline's one endpoint."""
    values = {**section, "timeout": seconds(section.get("timeout", DEFAULT_TIMEOUT))}
    test = dict(section.get("smoke_test", {}))
    values["smoke_test"] = SmokeTest(**{**test, "samples": tuple(test.get("samples", ()))})
    if "autoscaling" in section:
        cooldowns = ("scale_in_cooldown", "scale_out_cooldown")
        values["autoscaling"] = Autoscaling(
            **{
                key: seconds(value) if key in cooldowns else value
                for key, value in section["autoscaling"].items()
            }
        )
    return [Endpoint(**values)]
