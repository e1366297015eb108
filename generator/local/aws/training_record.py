"""What DescribeTrainingJob shows: status, transitions, times, metrics."""

from __future__ import annotations

import math
import re
import time
from threading import Lock
from typing import Any

_DAY = 86400

# The StatusMessage of each SecondaryStatus:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "The job stopped because the managed spot training instances were interrupted.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
# "[12]#011train-auc:0.9#011validation-auc:0.8", as the metric definitions of AWS read it.
_ROUND = re.compile(r".*\[\d+\]#011")
_METRIC = re.compile(
    r"#011(train|validation)-([^:\s]+?):(-?(?:[\d.]+(?:e[+-]?\d+)?|nan|inf))(?=#011|$)"
)


class TrainingRecord:
    """A training job's description, safe to change and to read from several threads."""

    def __init__(self, arn: str, request: dict[str, Any]) -> None:
        limits = {"MaxRuntimeInSeconds": _DAY, **request["StoppingCondition"]}
        self._lock = Lock()
        self._metrics: dict[str, dict[str, Any]] = {}
        self._transitions: list[dict[str, Any]] = []
        self._fields: dict[str, Any] = {
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            **{key: value for key, value in request.items() if key != "Tags"},
            "StoppingCondition": limits,
            "TrainingJobArn": arn,
            "ModelArtifacts": {"S3ModelArtifacts": ""},
            "CreationTime": time.time(),
        }
        self.max_runtime: int = limits["MaxRuntimeInSeconds"]
        self.enter("Starting")

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html"""
        with self._lock:
            metrics = list(self._metrics.values())
            return {
                **self._fields,
                "SecondaryStatusTransitions": [dict(entry) for entry in self._transitions],
                **({"FinalMetricDataList": metrics} if metrics else {}),
            }

    @property
    def status(self) -> str:
        """TrainingJobStatus."""
        return str(self._fields["TrainingJobStatus"])

    def enter(self, secondary: str, status: str = "InProgress") -> None:
        """The next SecondaryStatus, and TrainingJobStatus `status`."""
        now = time.time()
        with self._lock:
            if self._transitions:
                self._transitions[-1]["EndTime"] = now
            message = _MESSAGES[secondary]
            self._transitions.append(
                {"Status": secondary, "StartTime": now, "StatusMessage": message}
            )
            if secondary == "Training":
                self._fields["TrainingStartTime"] = now
            self._fields |= {
                "SecondaryStatus": secondary,
                "TrainingJobStatus": status,
                "LastModifiedTime": now,
            }

    def end(self, secondary: str, status: str, reason: str | None = None) -> None:
        """The last status, with the times that follow from it."""
        self.enter(secondary, status)
        with self._lock:
            now = self._fields["LastModifiedTime"]
            self._transitions[-1]["EndTime"] = now
            started = self._fields.setdefault("TrainingStartTime", now)
            seconds = max(1, round(now - started))
            self._fields |= {
                "TrainingEndTime": now,
                "TrainingTimeInSeconds": seconds,
                "BillableTimeInSeconds": seconds,
            }
            if reason:
                self._fields["FailureReason"] = reason

    def read_metrics(self, line: str) -> None:
        """Keeps the last value of every metric in the container's lines."""
        if not _ROUND.match(line):
            return
        now = time.time()
        with self._lock:
            for channel, metric, value in _METRIC.findall(line):
                name = f"{channel}:{metric}"
                number = float(value)
                if math.isfinite(number):  # JSON knows no other
                    entry = {"MetricName": name, "Value": number, "Timestamp": now}
                    self._metrics[name] = entry

    def set_artifact(self, uri: str) -> None:
        """Where the model was uploaded to."""
        with self._lock:
            self._fields["ModelArtifacts"] = {"S3ModelArtifacts": uri}
