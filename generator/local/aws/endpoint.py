"""An endpoint: its status, the fleets that serve or will, and who gets the next request."""

from __future__ import annotations

import time
from typing import Any

from generator.local.aws.errors import AwsError, invalid
from generator.local.aws.fleet import Fleet, variant_summaries

SETTLED = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
"""Statuses that last; in any other the endpoint is being changed."""


class Endpoint:
    """An endpoint's record; `serving` answers, `pending` is being prepared to take over.

    While traffic shifts, `share` is the part of the requests (0 to 1) that `pending` answers.
    """

    def __init__(self, arn: str, request: dict[str, Any]) -> None:
        self.arn = arn
        self.name: str = request["EndpointName"]
        self.config_name: str = request["EndpointConfigName"]
        self.status = "Creating"
        self.reason: str | None = None
        self.created = self.modified = time.time()
        self.serving: Fleet | None = None
        self.pending: Fleet | None = None
        self.deployment: dict[str, Any] | None = request.get("DeploymentConfig")
        self._share = 0.0
        self._since_shift = 0

    def enter(self, status: str, reason: str | None = None) -> None:
        """A new status, now."""
        self.status, self.reason, self.modified = status, reason, time.time()

    def shift(self, share: float) -> None:
        """Let `pending` answer this part of the requests from now on."""
        self._share, self._since_shift = share, 0

    def choose_fleet(self) -> Fleet | None:
        """Who answers the next request; of any hundred the pending fleet gets its share exactly."""
        if self.pending is None or not self._share:
            return self.serving
        before, after = self._since_shift, self._since_shift + 1
        self._since_shift = after
        turn = int(after * self._share + 1e-9) > int(before * self._share + 1e-9)
        return self.pending if turn else self.serving

    def refuse_update(self, config: str) -> None:
        """Raise SageMaker's error where the endpoint cannot be updated to this configuration."""
        if self.status == "Failed":
            # "DeleteEndpoint is the only operation that can be performed on a failed endpoint"
            raise invalid(f'Cannot update failed endpoint "{self.arn}".')
        if self.status not in SETTLED:
            raise self.in_progress()
        if config == self.config_name:
            raise invalid(
                f'Endpoint "{self.arn}" already uses the endpoint configuration "{config}". To '
                "update an endpoint, you must create a new EndpointConfig."
            )

    def in_progress(self) -> AwsError:
        """The error for a change that has to wait."""
        return invalid(f'Cannot update in-progress endpoint "{self.arn}".')

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html"""
        answer: dict[str, Any] = {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config_name,
            "EndpointStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        if self.serving:
            answer["ProductionVariants"] = variant_summaries(self.serving, 1.0 - self._share)
            if self.serving.capture:
                answer["DataCaptureConfig"] = self.serving.capture.summary()
        if self.deployment:
            answer["LastDeploymentConfig"] = self.deployment
        if self.status in ("Updating", "RollingBack") and self.pending:
            answer["PendingDeploymentSummary"] = self._pending_summary(self.pending)
        if self.reason:
            answer["FailureReason"] = self.reason
        return answer

    def _pending_summary(self, pending: Fleet) -> dict[str, Any]:
        status = "Baking" if self._share else "Creating"
        return {
            "EndpointConfigName": pending.config_name,
            "ProductionVariants": [
                {**variant, "VariantStatus": [{"Status": status, "StartTime": self.modified}]}
                for variant in variant_summaries(pending, self._share)
            ],
            "StartTime": self.modified,
        }
