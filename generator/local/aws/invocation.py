"""One call of an endpoint, and its answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Invocation:
    """What InvokeEndpoint was asked; `variant` only where the caller chose one."""

    endpoint: str
    body: bytes
    content_type: str
    accept: str
    variant: str | None = None


@dataclass(frozen=True)
class Prediction:
    """What the model answered, and which production variant did."""

    body: bytes
    content_type: str
    variant: str
