"""The first rows of a channel's data, as an endpoint wants them: without their labels."""

from __future__ import annotations

from typing import Any

HEAD = 1_048_576
"""Bytes of an object that are read at most."""

_FORMATS = {"text/csv": ",", "text/libsvm": " ", "text/x-libsvm": " "}
"""What ends the label of a row: that of XGBoost's files comes first.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html"""


class NoRowsError(Exception):
    """Why there is nothing to send; a sentence without a full stop."""


def sample_rows(s3: Any, prefix: str, rows: int, content_type: str, label_first: bool) -> list[str]:
    """Return the first ``rows`` rows of the first object below an S3 prefix that has any.

    ``s3`` is a boto3 client. Raises NoRowsError.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _FORMATS:
        raise NoRowsError(f"rows of {content_type} cannot be sent one by one; give samples")
    bucket, _, key = prefix.removeprefix("s3://").partition("/")
    lines = _lines(s3, bucket, _first(s3, bucket, key, prefix))[:rows]
    if not lines:
        raise NoRowsError(f"there is no row in the first {HEAD} bytes of the data below {prefix}")
    return [_unlabelled(line, _FORMATS[kind]) for line in lines] if label_first else lines


def _first(s3: Any, bucket: str, key: str, prefix: str) -> str:
    """Return the key of the first object with data; what Spark marks its output with has none."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for found in page.get("Contents", ()):
            name = found["Key"].rpartition("/")[2]
            if found["Size"] and name and not name.startswith(("_", ".")):
                return str(found["Key"])
    raise NoRowsError(f"there is no data below {prefix}")


def _lines(s3: Any, bucket: str, key: str) -> list[str]:
    """Return the whole lines at the head of an object."""
    answer = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{HEAD - 1}")
    with answer["Body"] as body:
        head: bytes = body.read()
    size = int(answer.get("ContentRange", f"/{len(head)}").rpartition("/")[2])
    if size > len(head):
        head = head[: head.rfind(b"\n") + 1]
    lines = head.decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip()]


def _unlabelled(row: str, separator: str) -> str:
    return row.strip().partition(separator)[2].strip()
