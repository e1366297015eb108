"""Checks: the buckets are there, in the right region, closed, and MWAA's keeps versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from generator.deployment.health.account import DeniedError
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, skipped, unknown, wrong

DATA, ARTIFACTS, MWAA = "Data bucket", "Artifacts bucket", "MWAA bucket"


def look_at_data(installation: Installation) -> Iterator[Result]:
    """Yield what is wrong, or one result that all is right."""
    yield from _bucket(installation, DATA, installation.values["data_bucket"])


def look_at_artifacts(installation: Installation) -> Iterator[Result]:
    """Who can write here can have code run: by no means may it be public."""
    yield from _bucket(installation, ARTIFACTS, installation.values["artifacts_bucket"])


def look_at_mwaa(installation: Installation) -> Iterator[Result]:
    """https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html"""
    if not installation.mwaa:
        yield skipped(MWAA, f"{installation.file} has no section mwaa")
        return
    yield from _bucket(installation, MWAA, installation.mwaa["bucket"])


def _bucket(installation: Installation, subject: str, name: str) -> Iterator[Result]:
    absent = _absent(installation, subject, name)
    if absent is not None:
        yield absent
        return
    account = installation.account
    looks = [_not_closed] if subject != MWAA else [_not_versioned, _not_closed_for_mwaa]
    if installation.local:  # nobody else reaches this machine
        looks = []
    found = [result for look in looks for result in look(account, subject, name)]
    yield from found or [right(subject, f"{name}, in {account.region}")]


def _absent(installation: Installation, subject: str, name: str) -> Result | None:
    region = installation.account.region
    try:
        head = installation.account.ask("s3", "head_bucket", Bucket=name)
    except DeniedError as error:
        seen = f"{name} may not be looked at"
        advice = f"Somebody else's bucket is called so, or you lack {error.action} on it."
        return unknown(subject, seen, advice)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        advice = installation.how_to_make("base.yaml")
        return wrong(subject, f"there is no {name}", advice, stops=True)
    found = head.get("BucketRegion", region)
    if found == region:
        return None
    seen = f"{name} is in {found}, not in {region}"
    return wrong(subject, seen, f"Name a bucket in {region}, or correct {installation.file}.")


def _not_versioned(account: Any, subject: str, name: str) -> Iterator[Result]:
    if account.ask("s3", "get_bucket_versioning", Bucket=name).get("Status") != "Enabled":
        command = f"aws s3api put-bucket-versioning --bucket {name}"
        advice = f"MWAA insists on it: `{command} --versioning-configuration Status=Enabled`"
        yield wrong(subject, f"{name} keeps no versions", advice)


def _not_closed_for_mwaa(account: Any, subject: str, name: str) -> Iterator[Result]:
    if not _blocks_everything(account, name):
        seen = f"{name} does not block public access"
        yield wrong(subject, seen, f"MWAA insists on it: {_how_to_block(name)}")


def _not_closed(account: Any, subject: str, name: str) -> Iterator[Result]:
    if _blocks_everything(account, name):
        return
    if _is_public(account, name):
        yield wrong(subject, f"{name} is public", f"Close it: {_how_to_block(name)}")
    else:
        yield note(subject, f"{name} does not block public access", _how_to_block(name))


def _blocks_everything(account: Any, name: str) -> bool:
    try:
        answer = account.ask("s3", "get_public_access_block", Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
            raise
        return False
    return all(answer["PublicAccessBlockConfiguration"].values())


def _is_public(account: Any, name: str) -> bool:
    """Whether a policy or an access control list lets everybody in."""
    try:
        if account.ask("s3", "get_bucket_policy_status", Bucket=name)["PolicyStatus"]["IsPublic"]:
            return True
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
    grants = account.ask("s3", "get_bucket_acl", Bucket=name)["Grants"]
    groups = [grant["Grantee"].get("URI", "").rpartition("/")[2] for grant in grants]
    return any(group in ("AllUsers", "AuthenticatedUsers") for group in groups)


def _how_to_block(name: str) -> str:
    every = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    setting = ",".join(f"{each}=true" for each in every)
    command = f"aws s3api put-public-access-block --bucket {name}"
    return f"`{command} --public-access-block-configuration {setting}`"
