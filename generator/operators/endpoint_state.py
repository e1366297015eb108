"""What an endpoint is doing, as DescribeEndpoint tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from generator.operators.job import patiently
from generator.operators.job_trigger import is_unknown

CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
"""States that pass: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html

An endpoint that scales is Updating, or RollingBack, without a pending configuration.
"""

STUCK = "UpdateRollbackFailed"
_SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack")


class EndpointState(NamedTuple):
    """An endpoint's state, the configuration that is live and the one that may become so.

    ``modified`` is when it last changed, by AWS's clock; ``variants`` are the names of those that
    serve.
    """

    status: str
    live: str
    pending: str
    reason: str
    modified: str
    variants: tuple[str, ...]

    def serves(self, configuration: str) -> bool:
        """Whether all requests are answered by a configuration, and nothing is going on."""
        return self.status == "InService" and self.live == configuration

    def goes_on_serving(self, configuration: str) -> bool:
        """Whether all requests are answered by a configuration; it may be scaling meanwhile."""
        same = self.live == configuration and self.pending in ("", configuration)
        return same and self.status in _SERVING

    def becomes(self, configuration: str) -> bool:
        """Whether it is on its way to a configuration."""
        created = self.live if self.status == "Creating" else ""
        return self.status in CHANGING and configuration in (self.pending, created)


def endpoint_state(client: Any, name: str) -> EndpointState | None:
    """Ask for the state of an endpoint; None where there is none. Raises botocore's errors."""
    try:
        found: Mapping[str, Any] = patiently(lambda: client.describe_endpoint(EndpointName=name))
    except ClientError as error:
        if is_unknown(error):
            return None
        raise
    return EndpointState(
        status=found["EndpointStatus"],
        live=found["EndpointConfigName"],
        pending=found.get("PendingDeploymentSummary", {}).get("EndpointConfigName", ""),
        reason=found.get("FailureReason", "").strip(),
        modified=found["LastModifiedTime"].isoformat(),
        variants=tuple(each["VariantName"] for each in found.get("ProductionVariants", ())),
    )
