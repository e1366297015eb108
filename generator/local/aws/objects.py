"""S3 objects to folders and back, as SageMaker moves them for a job."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/some/key` -> ("bucket", "some/key")."""
    bucket, _, key = uri.removeprefix("s3://").removeprefix("https://").partition("/")
    return bucket, key


def list_keys(s3: Any, uri: str) -> Iterator[str]:
    """Keys that begin with the URI's key: a prefix is a string, not a folder."""
    bucket, prefix = split_uri(uri)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            if not item["Key"].endswith("/"):
                yield item["Key"]


def download_prefix(s3: Any, uri: str, folder: Path) -> int:
    """Copies every object under the prefix into `folder`, with its path below the prefix.

    A prefix that stops in the middle of a name keeps that name. Returns the number of objects.
    Raises botocore's ClientError, for example where the bucket does not exist.
    """
    bucket, prefix = split_uri(uri)
    start = prefix.rfind("/") + 1
    count = 0
    for key in list_keys(s3, uri):
        target = _inside(folder, key[start:])
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))
        count += 1
    return count


def _inside(folder: Path, name: str) -> Path:
    """`folder/name`, unless a key such as `a/../../b` would lead out of the folder."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ValueError(f"The object name {name!r} leads out of its folder.")
    return target


def upload_folder(s3: Any, folder: Path, uri: str) -> None:
    """Copies every file below `folder` to the prefix `uri`."""
    bucket, prefix = split_uri(uri)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = "/".join(filter(None, [prefix.rstrip("/"), file.relative_to(folder).as_posix()]))
        s3.upload_file(str(file), bucket, key)


def pack(folder: Path, archive: Path) -> None:
    """Writes the contents of `folder` as the gzipped tar file `archive`."""
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, arcname=path.name)


def unpack(archive: Path, folder: Path) -> None:
    """Extracts the gzipped tar file `archive` into `folder`; nothing can land outside it."""
    with tarfile.open(archive, "r:gz") as tar:
        tar.extractall(folder, filter="data")
