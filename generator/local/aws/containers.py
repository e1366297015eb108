"""Which XGBoost release stands in for a version of SageMaker's XGBoost container."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# Container version -> release of the library in it:
# https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-releases.html
RELEASES = {"1.5-1": "1.5.2", "1.7-1": "1.7.4", "3.0-5": "3.0.5", "3.2-0": "3.2.0"}

INTERRUPTION = "EMULATED_SPOT_INTERRUPTION"
"""The variable that says after how many rounds a training instance is taken away."""

# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+/sagemaker-xgboost:(?P<version>\d+\.\d+-\d+)(-cpu-py3)?"
)


@dataclass(frozen=True)
class Container:
    """A version of the XGBoost container, and the folder of its own library if there is one."""

    version: str

    @property
    def release(self) -> str | None:
        """The XGBoost release that AWS puts into this version, where known."""
        return RELEASES.get(self.version)

    @property
    def python_path(self) -> tuple[Path, ...]:
        """`<sys.prefix>/share/pipelines/xgboost/<version>`, a `pip install --target`, if there."""
        folder = Path(sys.prefix, "share", "pipelines", "xgboost", self.version)
        return (folder,) if folder.is_dir() else ()


def container_of(image: str) -> Container | None:
    """The container that `image` names, or None for any other image."""
    match = _IMAGE.fullmatch(image)
    return Container(match["version"]) if match else None


def only_xgboost(image: str) -> str:
    """Why `image` cannot be run here."""
    return (
        f"The emulated AWS runs only SageMaker's built-in XGBoost container, not the image {image}."
    )


def introduction(version: str, installed: str) -> str:
    """The first line of a container's log: which XGBoost it runs, and whether AWS's is another."""
    release = RELEASES.get(version)
    if release in (None, installed):
        return f"XGBoost {installed} (container {version})"
    return (
        f"XGBoost {installed} (container {version} has {release} on AWS, "
        "which is not installed here; results may differ slightly)"
    )
