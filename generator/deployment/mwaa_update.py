"""Telling a running MWAA environment about new requirements, startup script or plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from generator.deployment.bucket import Bucket

_PARAMETERS = {
    "requirements.txt": ("RequirementsS3Path", "RequirementsS3ObjectVersion"),
    "startup.sh": ("StartupScriptS3Path", "StartupScriptS3ObjectVersion"),
    "plugins.zip": ("PluginsS3Path", "PluginsS3ObjectVersion"),
}
DURATION = "20 to 30 minutes"


@dataclass(frozen=True)
class MwaaEnvironment:
    """An MWAA environment as it runs now; ``status`` is None where there is none."""

    name: str
    status: str | None
    in_use: dict[str, Any]

    @property
    def ready(self) -> bool:
        """Whether it can be updated."""
        return self.status in ("AVAILABLE", "UPDATE_FAILED")


def find(mwaa: Any, name: str) -> MwaaEnvironment:
    """Ask for an environment; raises botocore's ClientError."""
    try:
        about = mwaa.get_environment(Name=name)["Environment"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return MwaaEnvironment(name, None, {})
        raise
    return MwaaEnvironment(name, about["Status"], about)


def outdated(environment: MwaaEnvironment, bucket: Bucket, keys: list[str]) -> dict[str, str]:
    """Return the parameters of UpdateEnvironment that bring it to the newest of ``keys``."""
    parameters: dict[str, str] = {}
    for key in keys:
        path, version = _PARAMETERS[key]
        newest = bucket.version(key)
        if newest and environment.in_use.get(version) != newest:
            parameters |= {path: key, version: newest}
    return parameters


def settings(files: dict[str, bytes]) -> list[str]:
    """Return the keys that an environment reads only when it is created or updated."""
    return [key for key in _PARAMETERS if key in files]
