"""The serving processes behind an endpoint: one for each production variant."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.local.aws.account import Account
from generator.local.aws.data_capture import DataCapture, capture_of
from generator.local.aws.serving_process import ServingProcess

Variant = dict[str, Any]


class Fleet:
    """All variants of one endpoint configuration, in a folder of their own.

    `desired` has each variant's weight and number of instances, which are changed while it serves.
    """

    def __init__(
        self,
        account: Account,
        endpoint: str,
        folder: Path,
        config: dict[str, Any],
        models: list[dict[str, Any]],
    ) -> None:
        self.config_name: str = config["EndpointConfigName"]
        self.variants: list[Variant] = config["ProductionVariants"]
        self.capture: DataCapture | None = capture_of(config, account, endpoint)
        self.desired = {variant["VariantName"]: _initial(variant) for variant in self.variants}
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

    def retain(self, old: Fleet, forgotten: set[str]) -> None:
        """Take over the weights and instances that `old` has now, less the `forgotten` kinds."""
        for name, properties in old.desired.items():
            if name in self.desired:
                kept = {key: value for key, value in properties.items() if key not in forgotten}
                self.desired[name] |= kept
        if "DataCaptureConfig" not in forgotten:
            self.capture = old.capture

    def choose(self, variant: str | None) -> ServingProcess | None:
        """The named variant, or one by the present weights."""
        named = {server.variant["VariantName"]: server for server in self._servers}
        if variant is not None:
            return named.get(variant)
        weights = [self.desired[name]["DesiredWeight"] for name in named]
        if not any(weights):
            return None
        return random.choices(self._servers, weights)[0]  # noqa: S311 - spreads load only


def variant_summaries(fleet: Fleet, share: float = 1.0) -> list[Variant]:
    """What each variant has; `share` is the part of the endpoint's requests that the fleet gets.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantSummary.html
    """
    return [
        _summary(variant, fleet.desired[variant["VariantName"]], share)
        for variant in fleet.variants
    ]


def _initial(variant: Variant) -> dict[str, Any]:
    count = variant.get("InitialInstanceCount")
    counted = {} if count is None else {"DesiredInstanceCount": count}
    return {"DesiredWeight": variant.get("InitialVariantWeight", 1.0), **counted}


def _summary(variant: Variant, desired: Mapping[str, Any], share: float) -> Variant:
    summary = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": desired["DesiredWeight"] * share,
        "DesiredWeight": desired["DesiredWeight"],
    }
    if serverless := variant.get("ServerlessConfig"):
        own = {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
        return {**summary, **own, "CurrentInstanceCount": 0}
    count = desired["DesiredInstanceCount"]
    return {**summary, "CurrentInstanceCount": count, "DesiredInstanceCount": count}
