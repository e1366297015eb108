"""Telling a running MWAA environment to take newer versions of the files that it starts with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from generator.deployment.bucket import Version
from generator.deployment.bundle import PLUGINS, REQUIREMENTS, STARTUP

_PARAMETERS = {
    REQUIREMENTS: ("RequirementsS3Path", "RequirementsS3ObjectVersion"),
    PLUGINS: ("PluginsS3Path", "PluginsS3ObjectVersion"),
    STARTUP: ("StartupScriptS3Path", "StartupScriptS3ObjectVersion"),
}
_READY = ("AVAILABLE", "UPDATE_FAILED")
_DURATION = "20 to 30 minutes"


class MwaaEnvironment:
    """An MWAA environment as it runs now.

    ``about`` is what GetEnvironment says of it, None where there is none, which is nothing to
    speak of where it would be ``local``; ``denied`` is the permission that is missing to ask.
    """

    def __init__(
        self, name: str, about: Mapping[str, Any] | None, denied: str = "", local: bool = False
    ) -> None:
        self.name, self.denied = name, denied
        self._local = local
        self._about = about or {}

    @property
    def ready(self) -> bool:
        """Whether it takes an update: https://docs.aws.amazon.com/mwaa/latest/API/API_Environment.html"""
        return self._about.get("Status") in _READY

    def outdated(self, newest: Mapping[str, Version]) -> list[str]:
        """Return which of these files it does not use in their newest version; sorted."""
        return sorted(name for name in newest if self._about and not self._uses(name, newest[name]))

    def intent(self, names: Collection[str]) -> str:
        """Return what a plan says of it, empty if nothing; ``names`` are the files to be taken."""
        if self.denied:
            return f"{self} cannot be looked at: you lack {self.denied}"
        if not self._about and not self._local:
            return f"{self} is not there yet: infra/README.md says how to create it"
        if not self._about or not names:
            return ""
        if not self.ready:
            return f"{self} is {self._about['Status']}: it cannot take the new {_and(names)} now"
        return f"{self} is told to take the new {_and(names)}: {_DURATION}"

    def advice(self, names: Collection[str]) -> str:
        """Return what to do where it could not be told of the files."""
        if self.denied:
            return (
                f"{self} may have to be told to take the new {_and(names)}: deploy again with the "
                f"permission {self.denied}, or update it yourself"
            )
        return (
            f"{self} is {self._about['Status']}: deploy again when it is AVAILABLE, so that it "
            f"takes the new {_and(names)}"
        )

    def _uses(self, name: str, newest: Version) -> bool:
        path_parameter, version_parameter = _PARAMETERS[name]
        if self._about.get(path_parameter, "").removeprefix("/") != name:
            return False
        if version := self._about.get(version_parameter):
            return bool(version == newest.id)
        # Told of no version, it took the newest when it last started.
        update = self._about.get("LastUpdate", {})
        return bool(newest.made <= update.get("CreatedAt", self._about["CreatedAt"]))

    def __str__(self) -> str:
        return f"MWAA environment {self.name}"


def parameters(names: Iterable[str], newest: Mapping[str, Version]) -> dict[str, str]:
    """Return what UpdateEnvironment has to be told for an environment to use these files.

    https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
    """
    found = {"WorkerReplacementStrategy": "GRACEFUL"}  # tasks that run may end first
    for name in names:
        path_parameter, version_parameter = _PARAMETERS[name]
        found |= {path_parameter: name, version_parameter: newest[name].id}
    return found


def _and(names: Iterable[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last
