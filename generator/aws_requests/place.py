"""IAM permissions, and the ARNs of what they are for in one account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Permission(NamedTuple):
    """An IAM action on the ARN of a resource, with the condition keys that AWS will fill in."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Place:
    """Where ARNs lie: partition ("aws"), region and account id."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"


def on_objects(place: Place, uri: str, *actions: str, listed: bool = False) -> Iterator[Permission]:
    """Yield actions on what is at and below an S3 URI, and listing its bucket.

    Nothing for what is no S3 URI: an argument of a script can be any text.
    """
    if not uri.startswith("s3://"):
        return
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if listed:
        yield Permission("s3:ListBucket", place.bucket(bucket))
    name = f"{key}object" if key.endswith("/") or not key else key
    yield from each([f"s3:{action}" for action in actions], f"{place.bucket(bucket)}/{name}")


def each(actions: Iterable[str], resource: str) -> Iterator[Permission]:
    """Yield several actions on one resource."""
    return (Permission(action, resource) for action in actions)
