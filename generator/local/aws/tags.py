"""Tags of the emulated resources, by ARN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

from generator.local.aws.errors import AwsError


class Tags:
    """Key-value tags of every resource that exists."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tags: dict[str, dict[str, str]] = {}

    def create(self, arn: str, tags: Mapping[str, str]) -> None:
        """A new resource with its first tags."""
        with self._lock:
            self._tags[arn] = dict(tags)

    def forget(self, arn: str) -> None:
        """The resource is gone."""
        with self._lock:
            self._tags.pop(arn, None)

    def get(self, arn: str, missing: AwsError) -> dict[str, str]:
        """The tags of `arn`; raises `missing` if there is no such resource."""
        with self._lock:
            if arn not in self._tags:
                raise missing
            return dict(self._tags[arn])

    def add(self, arn: str, tags: Mapping[str, str], missing: AwsError) -> None:
        """Sets `tags`, leaving others alone."""
        with self._lock:
            if arn not in self._tags:
                raise missing
            self._tags[arn].update(tags)

    def remove(self, arn: str, keys: Iterable[str], missing: AwsError) -> None:
        """Removes the tags named `keys`."""
        with self._lock:
            if arn not in self._tags:
                raise missing
            for key in keys:
                self._tags[arn].pop(key, None)
