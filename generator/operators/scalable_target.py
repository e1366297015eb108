"""The scalable target that makes an endpoint's variant grow and shrink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SERVICE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
"""https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"""


def resource_id(endpoint: str, variant: str) -> str:
    """Return how Application Auto Scaling calls a variant of an endpoint."""
    return f"endpoint/{endpoint}/variant/{variant}"


def target(endpoint: str, variant: str) -> dict[str, str]:
    """Return what every request about the target names."""
    return {
        "ServiceNamespace": SERVICE,
        "ResourceId": resource_id(endpoint, variant),
        "ScalableDimension": DIMENSION,
    }


def is_registered(client: Any, endpoint: str, variant: str) -> bool:
    """Ask whether a variant scales by itself; ``client`` is Application Auto Scaling's."""
    asked = target(endpoint, variant)
    answer = client.describe_scalable_targets(
        ServiceNamespace=SERVICE,
        ResourceIds=[asked["ResourceId"]],
        ScalableDimension=DIMENSION,
    )
    return bool(answer["ScalableTargets"])


def instance_types(configuration: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the instance type of each variant of a described endpoint configuration."""
    variants = configuration["ProductionVariants"]
    return {variant["VariantName"]: variant.get("InstanceType") for variant in variants}
