"""In words, why an endpoint does not serve what it was asked to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.operators.endpoint_state import STUCK, EndpointState

_ROLLING = "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-rolling.html"


def failure(request: Mapping[str, Any], found: EndpointState | None, *, unscaled: bool) -> str:
    """Return what has become of a CreateEndpoint or UpdateEndpoint request.

    ``unscaled`` tells that its autoscaling was taken away for the update.
    """
    name, wanted = request["EndpointName"], request["EndpointConfigName"]
    reason = (found and found.reason) or _where_to_look(request)
    if found is None:
        return f"{name} is gone: it was deleted while it was to serve {wanted}"
    if found.status == STUCK:
        return (
            f"{name} is {STUCK}: it serves a mixture of {found.live} and a later configuration; "
            f"nothing was changed or deleted. Bring it back to InService ({_ROLLING}), or delete "
            f"it if nobody needs it, then run again. The reason: {reason}"
        )
    if found.status == "InService":
        scaling = " without autoscaling, until a run succeeds" if unscaled else ""
        return (
            f"the update of {name} to {wanted} was rolled back; it still serves "
            f"{found.live}{scaling}: {reason}"
        )
    return f"{name} is {found.status}: {reason}"


def _where_to_look(request: Mapping[str, Any]) -> str:
    rollback = request.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    names = ", ".join(alarm["AlarmName"] for alarm in rollback.get("Alarms", ()))
    look = f"look at the alarms {names} and at" if names else "look at"
    log = f"/aws/sagemaker/Endpoints/{request['EndpointName']}"
    return f"SageMaker gives no reason; {look} the log {log}"
