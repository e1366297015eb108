"""What deploys have put into the buckets: an object in MWAA's bucket, and a lock at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from generator.deployment.bucket import Bucket, ChangedError

KEY = "pipelines-deploy.json"
"""Not below ``dags/``: MWAA need not copy it."""

LAPSE = 600.0
"""Seconds after which a deploy that said no more is taken for dead."""

DONE, AT_WORK, STOPPED = "done", "at work", "stopped"

_FORMAT = 1


class BusyError(Exception):
    """Another deploy is at work, or was meanwhile; the text says what to do."""


class ForeignManifestError(Exception):
    """The manifest cannot be read, or is not of this environment; the text says what to do."""


@dataclass(frozen=True)
class Entry:
    """An object that we put there; without an ETag it is not known whether it got there."""

    sha256: str
    etag: str = ""


Objects = Mapping[str, Mapping[str, Entry]]
"""By bucket (``mwaa``, ``artifacts``) and key."""


@dataclass(frozen=True)
class Manifest:
    """All objects that deploys have put into the two buckets.

    ``codes`` are the beginnings of the keys of our code that a loader may still name, the newest
    first. ``state`` is AT_WORK from a deploy's first change to its last, and stays so if it is
    killed.
    """

    environment: str
    artifacts_bucket: str
    offline: bool = False
    state: str = DONE
    codes: tuple[str, ...] = ()
    objects: Objects = field(default_factory=lambda: {"mwaa": {}, "artifacts": {}})

    def to_json(self, turn: int) -> bytes:
        content = {"format": _FORMAT, "turn": turn, **asdict(self)}
        return (json.dumps(content, indent=1) + "\n").encode()


class Record:
    """The manifest in a bucket; nobody's change to it is ever overwritten unseen.

    S3 compares ETags. Each time it is written it counts one turn more, so that the same manifest
    written again by somebody else is another object, too.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._etag: str | None = None
        self._turn = 0

    def read(self, environment: str, artifacts_bucket: str) -> Manifest:
        """Return the manifest, an empty one before the first deploy.

        Raises BusyError and ForeignManifestError.
        """
        content = self._bucket.read(KEY)
        if content is None:
            return Manifest(environment, artifacts_bucket)
        self._etag = content.etag
        manifest = self._parsed(content.body)
        if manifest.environment != environment:
            raise ForeignManifestError(
                f"{self._bucket.name} has the pipelines of environment '{manifest.environment}': "
                f"correct mwaa.bucket of '{environment}', or delete {KEY} there to take it over"
            )
        if manifest.state == AT_WORK and content.age < LAPSE:
            raise BusyError(
                f"another deploy is at work in {self._bucket.name} since {content.age:.0f} s: wait "
                f"for it; if it was killed, deploy again in {LAPSE - content.age:.0f} s"
            )
        if manifest.artifacts_bucket == artifacts_bucket:
            return manifest
        # What is in the bucket of before is left there.
        objects = {**manifest.objects, "artifacts": {}}
        return replace(manifest, artifacts_bucket=artifacts_bucket, objects=objects)

    def write(self, manifest: Manifest) -> None:
        """Put a manifest in the place of the one that was read or written last.

        Raises BusyError if it is another now.
        """
        try:
            content = manifest.to_json(self._turn + 1)
            self._etag = self._bucket.replace(KEY, content, self._etag)
        except ChangedError:
            raise BusyError(
                f"another deploy has changed {self._bucket.name} meanwhile: deploy again"
            ) from None
        self._turn += 1

    def _parsed(self, body: bytes) -> Manifest:
        try:
            given = json.loads(body)
            known, self._turn = given.pop("format"), int(given.pop("turn", 0))
            return _manifest(given) if known == _FORMAT else self._refuse(known)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ForeignManifestError(
                f"{KEY} in {self._bucket.name} cannot be read: have its version before it back, "
                "or delete it; what is uploaded already stays as it is then"
            ) from None

    def _refuse(self, known: Any) -> Manifest:
        raise ForeignManifestError(
            f"{KEY} in {self._bucket.name} is of a newer `pipelines` (format {known}): update yours"
        )


def _manifest(given: dict[str, Any]) -> Manifest:
    objects = {
        part: {key: Entry(**entry) for key, entry in given["objects"][part].items()}
        for part in ("mwaa", "artifacts")
    }
    return Manifest(**{**given, "codes": tuple(given["codes"]), "objects": objects})
