"""A bucket that a deployment keeps up to date, and the manifest of what it has put there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

MANIFEST = "pipelines-manifest.json"


class ConcurrentDeploymentError(Exception):
    """Somebody else has deployed in the meantime."""


class Entry(NamedTuple):
    """What a deployment has put under a key; ``etag`` is empty until it has."""

    sha256: str
    etag: str


Manifest = dict[str, Entry]


class Bucket:
    """One S3 bucket, of which only the keys in its manifest are ours.

    Its methods raise botocore's ClientError.
    """

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self.name = name

    def manifest(self) -> tuple[Manifest, str]:
        """Return the manifest and its ETag; an empty one without ETag before the first time."""
        try:
            answer = self._s3.get_object(Bucket=self.name, Key=MANIFEST)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return {}, ""
            raise
        entries = json.loads(answer["Body"].read())["objects"]
        return {key: Entry(**entry) for key, entry in entries.items()}, answer["ETag"]

    def write_manifest(self, manifest: Mapping[str, Entry], etag: str) -> str:
        """Replace the manifest that had ``etag`` and return the new one's.

        Raises ConcurrentDeploymentError where it has another by now. S3 compares:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        objects = {key: entry._asdict() for key, entry in sorted(manifest.items())}
        body = json.dumps({"objects": objects}, indent=1) + "\n"
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self._s3.put_object(
                Bucket=self.name, Key=MANIFEST, Body=body.encode(), **condition
            )
        except ClientError as error:
            # NoSuchKey: the manifest that was there is gone.
            if error.response["Error"]["Code"] in (
                *("PreconditionFailed", "ConditionalRequestConflict", "412", "409"),
                "NoSuchKey",
            ):
                raise ConcurrentDeploymentError from None
            raise
        return str(answer["ETag"])

    def etags(self, prefixes: Iterable[str]) -> dict[str, str]:
        """Return the ETag of each object below ``prefixes``, by key."""
        pages = self._s3.get_paginator("list_objects_v2")
        return {
            entry["Key"]: entry["ETag"]
            for prefix in prefixes
            for page in pages.paginate(Bucket=self.name, Prefix=prefix)
            for entry in page.get("Contents", ())
        }

    def put(self, key: str, content: bytes) -> Entry:
        """Upload one object."""
        answer = self._s3.put_object(Bucket=self.name, Key=key, Body=content)
        return Entry(digest(content), answer["ETag"])

    def delete(self, key: str) -> None:
        """Delete one object; in a bucket with versions its earlier content is kept."""
        self._s3.delete_object(Bucket=self.name, Key=key)

    def version(self, key: str) -> str | None:
        """Return the version of an object, None where there is none."""
        try:
            version = self._s3.head_object(Bucket=self.name, Key=key).get("VersionId")
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return None
            raise
        return None if version is None else str(version)


def digest(content: bytes) -> str:
    """Return the SHA-256 of an object's content."""
    return hashlib.sha256(content).hexdigest()
