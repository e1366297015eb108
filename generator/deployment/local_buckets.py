"""The buckets of the emulated AWS, which starts without any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CLOSED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def make_local_buckets(s3: Any, values: Mapping[str, Any]) -> None:
    """Make the two buckets of a deploy where they are missing, as infra/base.yaml does on AWS."""
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in {values["artifacts_bucket"], values["mwaa"]["bucket"]} - there:
        region = values["region"]
        # us-east-1 is the one region that must not be named here.
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(_CLOSED, True)
        )
