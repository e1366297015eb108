"""An endpoint's record: its status, and the fleets that serve or will."""

from __future__ import annotations

import time
from typing import Any

from generator.local.aws.fleet import Fleet, variant_summaries


class Endpoint:
    """An endpoint's record; `serving` answers, `pending` is being prepared to take over."""

    def __init__(self, arn: str, request: dict[str, Any]) -> None:
        self.arn = arn
        self.name: str = request["EndpointName"]
        self.config_name: str = request["EndpointConfigName"]
        self.status = "Creating"
        self.reason: str | None = None
        self.created = self.modified = time.time()
        self.serving: Fleet | None = None
        self.pending: Fleet | None = None

    def enter(self, status: str, reason: str | None = None) -> None:
        """A new status, now."""
        self.status, self.reason, self.modified = status, reason, time.time()

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
            answer["ProductionVariants"] = variant_summaries(self.serving)
        if self.status == "Updating" and self.pending:
            answer["PendingDeploymentSummary"] = {
                "EndpointConfigName": self.pending.config_name,
                "ProductionVariants": [
                    {"VariantName": variant["VariantName"]} for variant in self.pending.variants
                ],
                "StartTime": self.modified,
            }
        if self.reason:
            answer["FailureReason"] = self.reason
        return answer
