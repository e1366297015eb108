"""The endpoint stage: the trained model behind a SageMaker real-time endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from generator.duration import seconds


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that the first run creates and later runs update; ``timeout`` in seconds."""

    SECTION: ClassVar[str] = "endpoint"
    IN_TEMPLATES: ClassVar[str] = "endpoint"
    ORIGINS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "EndpointConfigName": ("pipeline.name",),
        "ModelName": ("pipeline.name",),
    }

    name: str
    instance_type: str
    instance_count: int = 1
    timeout: int = 1_800


def read(section: Mapping[str, Any]) -> list[Endpoint]:
    """Turn the checked section into the pipeline's one endpoint."""
    values = {**section, "timeout": seconds(section.get("timeout", "30m"))}
    return [Endpoint(**values)]
