"""One S3 bucket as a deploy sees it: what is below certain prefixes, and changes to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

_ABSENT = ("404", "NoSuchKey")
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
"""S3's answers to a conditional write where the object is no longer what it was:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""


class ChangedError(Exception):
    """An object is no longer what it was when it was looked at."""


@dataclass(frozen=True)
class Stored:
    """An object as a listing shows it; with a KMS key the ETag is no digest of the content."""

    etag: str
    size: int


@dataclass(frozen=True)
class Version:
    """The newest version of an object: its id, and when it was made."""

    id: str
    made: datetime


@dataclass(frozen=True)
class Content:
    """An object with what it holds, and how many seconds ago it was written, by S3's clock."""

    body: bytes
    etag: str
    age: float


class Bucket:
    """The bucket ``name``; what AWS refuses is botocore's ClientError."""

    def __init__(self, s3: Any, name: str) -> None:
        self.name = name
        self._s3 = s3

    def objects(self, prefixes: Iterable[str]) -> dict[str, Stored]:
        """Return the objects whose keys begin with one of ``prefixes``, without folder marks."""
        pages = self._s3.get_paginator("list_objects_v2")
        return {
            item["Key"]: Stored(item["ETag"].strip('"'), item["Size"])
            for prefix in prefixes
            for page in pages.paginate(Bucket=self.name, Prefix=prefix)
            for item in page.get("Contents", ())
            if not item["Key"].endswith("/")
        }

    def read(self, key: str) -> Content | None:
        """Return an object, None where there is none."""
        try:
            answer = self._s3.get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return None
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        age = (now - answer["LastModified"]).total_seconds()
        return Content(answer["Body"].read(), answer["ETag"].strip('"'), age)

    def newest(self, key: str) -> Version | None:
        """Return the newest version of an object, None where there is none."""
        try:
            head = self._s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return None
        return Version(head.get("VersionId", "null"), head["LastModified"])

    def put(self, key: str, content: bytes) -> str:
        """Write an object and return its ETag."""
        answer = self._s3.put_object(Bucket=self.name, Key=key, Body=content)
        return str(answer["ETag"].strip('"'))

    def replace(self, key: str, content: bytes, etag: str | None) -> str:
        """Write an object that has ``etag``, or that is not there (None); return its new ETag.

        Raises ChangedError.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            answer = self._s3.put_object(Bucket=self.name, Key=key, Body=content, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _CHANGED:
                raise
            raise ChangedError(key) from None
        return str(answer["ETag"].strip('"'))

    def delete(self, key: str) -> None:
        """Delete an object; in a bucket with versions it can be had back."""
        self._s3.delete_object(Bucket=self.name, Key=key)


Buckets = Mapping[str, Bucket]
"""``mwaa`` and ``artifacts``."""
