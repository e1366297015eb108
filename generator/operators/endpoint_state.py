"""What an endpoint is doing, as DescribeEndpoint tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from generator.operators.job_trigger import is_unknown

CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""States that pass: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html"""

STUCK = "UpdateRollbackFailed"


class EndpointState(NamedTuple):
    """An endpoint's state, the configuration that is live and the one that may become so."""

    status: str
    live: str
    pending: str
    reason: str

    def serves(self, configuration: str) -> bool:
        """Whether all requests are answered by a configuration."""
        return self.status == "InService" and self.live == configuration

    def becomes(self, configuration: str) -> bool:
        """Whether it is on its way to a configuration."""
        created = self.live if self.status == "Creating" else ""
        return self.status in CHANGING and configuration in (self.pending, created)


def endpoint_state(client: Any, name: str) -> EndpointState | None:
    """Ask for the state of an endpoint; None where there is none. Raises ClientError."""
    try:
        found: Mapping[str, Any] = client.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_unknown(error):
            return None
        raise
    pending = found.get("PendingDeploymentSummary", {}).get("EndpointConfigName", "")
    return EndpointState(
        found["EndpointStatus"],
        found["EndpointConfigName"],
        pending,
        found.get("FailureReason", "").strip(),
    )
