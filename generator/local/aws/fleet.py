"""The serving processes behind an endpoint: one for each production variant."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from generator.local.aws.account import Account
from generator.local.aws.serving_process import ServingProcess


class Fleet:
    """All variants of one endpoint configuration, in a folder of their own."""

    def __init__(
        self,
        account: Account,
        endpoint: str,
        folder: Path,
        config: dict[str, Any],
        models: list[dict[str, Any]],
    ) -> None:
        self.config_name: str = config["EndpointConfigName"]
        self.variants: list[dict[str, Any]] = config["ProductionVariants"]
        self._servers = [
            ServingProcess(account, endpoint, folder / variant["VariantName"], variant, model)
            for variant, model in zip(self.variants, models, strict=True)
        ]

    def start(self) -> None:
        """Returns when every variant answers its ping. Raises Unhealthy."""
        try:
            for server in self._servers:
                server.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends every serving process."""
        for server in self._servers:
            server.stop()

    def choose(self, variant: str | None) -> ServingProcess | None:
        """The named variant, or one by the weights of the configuration."""
        named = {server.variant["VariantName"]: server for server in self._servers}
        if variant is not None:
            return named.get(variant)
        weights = [server.variant.get("InitialVariantWeight", 1.0) for server in self._servers]
        if not any(weights):
            return None
        return random.choices(self._servers, weights)[0]  # noqa: S311 - spreads load only


def variant_summaries(fleet: Fleet) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantSummary.html"""
    return [_variant_summary(variant) for variant in fleet.variants]


def _variant_summary(variant: dict[str, Any]) -> dict[str, Any]:
    weight = variant.get("InitialVariantWeight", 1.0)
    summary = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "VariantStatus": [],
    }
    if "ServingProcesslessConfig" in variant:
        serverless = variant["ServingProcesslessConfig"]
        return {**summary, "CurrentServingProcesslessConfig": serverless, "CurrentInstanceCount": 0}
    count = variant["InitialInstanceCount"]
    return {**summary, "CurrentInstanceCount": count, "DesiredInstanceCount": count}
