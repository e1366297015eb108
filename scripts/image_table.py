"""Write generator/xgboost_images.json: the registry of SageMaker's XGBoost images in each region.

Every registry is an answer of the SageMaker SDK, which .venv holds apart from the other packages:
run it with ``make images``. The dates of support are not in the SDK, but kept below by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

from sagemaker.core import image_uris

VERSIONS = ("1.7-1", "3.0-5", "3.2-0")
REPOSITORY = "sagemaker-xgboost"
# "End of patch" in https://aws.github.io/deep-learning-containers/reference/support_policy/;
# AWS gives none for 1.7-1. Whoever sees that a date has passed sets "ended": nothing here reads
# the clock, so that the same file gets the same answer on every day.
SUPPORT = {
    "3.0-5": {"until": "2026-11-17", "ended": True},
    "3.2-0": {"until": "2027-05-13", "ended": False},
}
TABLE = Path(__file__).resolve().parent.parent / "generator" / "xgboost_images.json"


def regions(version: str) -> set[str]:
    """Return the regions in which the SDK knows the images of a container version."""
    config = image_uris.config_for_framework("xgboost")
    return set(config["training"]["versions"][version]["registries"])


def registry(region: str) -> str:
    """Return the host of a region's images; ValueError when it depends on the version."""
    found = set()
    for version in VERSIONS:
        uri = image_uris.retrieve("xgboost", region, version=version)
        host, _, image = uri.partition("/")
        if image != f"{REPOSITORY}:{version}":
            raise ValueError(f"{uri} is not {REPOSITORY}:{version}: the table can't express it")
        found.add(host)
    if len(found) > 1:
        raise ValueError(f"{region} has several registries, the table one: {sorted(found)}")
    return found.pop()


def main() -> None:
    everywhere = sorted(set.intersection(*map(regions, VERSIONS)))
    table = {
        "repository": REPOSITORY,
        "versions": VERSIONS,
        "support": SUPPORT,
        "registries": {region: registry(region) for region in everywhere},
    }
    TABLE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
