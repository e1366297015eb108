"""The scalable target that makes an endpoint's variant grow and shrink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.operators.job import patiently

SERVICE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
"""https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"""


def target(endpoint: str, variant: str) -> dict[str, str]:
    """Return what every request about the target names."""
    return {
        "ServiceNamespace": SERVICE,
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": DIMENSION,
    }


def registered(client: Any, endpoint: str, variants: tuple[str, ...]) -> list[str]:
    """Return the variants that scale by themselves; ``client`` is Application Auto Scaling's."""
    named = {target(endpoint, variant)["ResourceId"]: variant for variant in variants}
    if not named:
        return []
    answer = patiently(
        lambda: client.describe_scalable_targets(
            ServiceNamespace=SERVICE, ResourceIds=list(named), ScalableDimension=DIMENSION
        )
    )
    return [named[found["ResourceId"]] for found in answer["ScalableTargets"]]


def deregister(client: Any, endpoint: str, variant: str) -> None:
    """Take a target away with its policies and alarms; one that is gone is no error."""
    try:
        patiently(lambda: client.deregister_scalable_target(**target(endpoint, variant)))
    except client.exceptions.ObjectNotFoundException:
        return


def instance_types(configuration: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the instance type of each variant of a described endpoint configuration."""
    variants = configuration["ProductionVariants"]
    return {variant["VariantName"]: variant.get("InstanceType") for variant in variants}
