"""The evaluation stage: what a trained model must reach before it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Evaluation:
    """Thresholds by metric (``{"validation:auc": ">= 0.85"}``), and the leeway to production.

    ``if_refused`` is ``fail`` or ``skip_deployment``.
    """

    SECTION: ClassVar[str] = "evaluation"
    IN_TEMPLATES: ClassVar[str] = "evaluation"
    ORIGINS: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    metrics: Mapping[str, str]
    no_worse_than_production_by: float | None = None
    if_refused: str = "fail"


def read(section: Mapping[str, Any]) -> list[Evaluation]:
    """Turn the checked section into the pipeline's one evaluation."""
    return [Evaluation(**section)]
