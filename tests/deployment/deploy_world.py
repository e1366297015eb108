"""A project with an environment of an emulated account, and `pipelines deploy` in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from examples import VALID
from gate import MANIFEST, Gate

from generator.cli import main
from generator.deployment.shipped_code import shipped_code
from generator.project import Project

MWAA, ARTIFACTS, NAME = "acme-mwaa", "acme-artifacts", "acme-ml"
CLOSED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
PROD = f"""\
region: us-east-1
data_bucket: acme-data
artifacts_bucket: {ARTIFACTS}
glue_role_arn: arn:aws:iam::123456789012:role/glue
sagemaker_role_arn: arn:aws:iam::123456789012:role/sagemaker
mwaa:
  environment: {NAME}
  bucket: {MWAA}
  airflow_version: "3.3.1"
"""
FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE")


class Deployed(NamedTuple):
    """The exit code of a deploy and what it printed."""

    code: int
    out: str
    err: str


@dataclass
class DeployWorld:
    """The account, a gate before its S3, and a project with the environment `prod`."""

    project: Project
    variables: dict[str, str]
    gate: Gate
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        for name in FOREIGN:
            self.monkeypatch.delenv(name, raising=False)
        for name, value in self.variables.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setenv("AWS_CONFIG_FILE", str(self.project.root / "no-such-file"))
        self.monkeypatch.setenv("AWS_ENDPOINT_URL_S3", self.gate.url)
        self.project.environment_file("prod").write_text(PROD)
        self.pipeline("churn")
        self.ship(b"# our code\n")
        self.s3 = self.client("s3")

    def ship(self, code: bytes | dict[str, bytes] | None) -> None:
        """Have bundles hold that code, in one file instead of 120; None: all there is."""
        files = {"generator/dag.py": code} if isinstance(code, bytes) else code
        shipped = shipped_code if files is None else lambda: files
        self.monkeypatch.setattr("generator.deployment.bundle.shipped_code", shipped)

    def client(self, service: str) -> Any:
        config = Config(proxies={}, inject_host_prefix=False)
        url = self.variables["AWS_ENDPOINT_URL"]
        session = boto3.Session("test", "test", region_name="us-east-1")
        return session.client(service, endpoint_url=url, config=config)

    def pipeline(self, name: str, rounds: int = 10) -> Path:
        text = VALID.format(name=name).replace("num_round: 10", f"num_round: {rounds}")
        return self.write(f"pipelines/{name}.yaml", text)

    def write(self, name: str, text: str) -> Path:
        file = self.project.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def deploy(self, *options: str, env: str = "prod") -> Deployed:
        self.capsys.readouterr()
        self.gate.changes.clear()
        code = main(["deploy", "--env", env, *options])
        return Deployed(code, *self.capsys.readouterr())

    def bundle(self) -> dict[str, dict[str, str]]:
        """Return the digest of each object that should be there, by bucket and key."""
        folder = self.project.root / "build" / "a bundle"
        assert main(["bundle", "--env", "prod", "--output", str(folder)]) == 0
        return {
            bucket: {
                file.relative_to(folder / part).as_posix(): _digest(file.read_bytes())
                for file in (folder / part).rglob("*")
                if file.is_file()
            }
            for part, bucket in {"mwaa": MWAA, "artifacts": ARTIFACTS}.items()
        }

    def stored(self, bucket: str = MWAA) -> dict[str, str]:
        """Return the digest of each object that is there, without the manifest."""
        return {key: _digest(self.read(key, bucket)) for key in self.listed(bucket)}

    def listed(self, bucket: str = MWAA) -> list[str]:
        """Return the keys of a bucket, without the manifest's and those of folders."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return [key for key in keys if key != MANIFEST and not key.endswith("/")]

    def is_whole(self) -> bool:
        """Tell whether the buckets hold the bundle of the project as it is now, and only that.

        Code of an earlier deploy does not count.
        """
        wanted = self.bundle()
        return all(
            {
                key: found
                for key, found in self.stored(bucket).items()
                if key in wanted[bucket] or not key.startswith("dags/generator-")
            }
            == wanted[bucket]
            for bucket in (MWAA, ARTIFACTS)
        )

    def code(self) -> bytes:
        """Return what the loader that is there imports: the code that was shipped."""
        loader = self.read("dags/pipelines.py").decode()
        (key,) = (
            key
            for key in self.listed()
            if key.endswith("/generator/dag.py") and key.split("/")[1] in loader
        )
        return self.read(key)

    def read(self, key: str, bucket: str = MWAA) -> bytes:
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def put(self, key: str, text: str, bucket: str = MWAA) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read(MANIFEST))
        return found

    def make_environment(self, **settings: str) -> None:
        self.client("mwaa").create_environment(
            Name=NAME,
            ExecutionRoleArn="arn:aws:iam::123456789012:role/airflow",
            NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"]},
            **{
                "AirflowVersion": "3.3.1",
                "SourceBucketArn": f"arn:aws:s3:::{MWAA}",
                "DagS3Path": "dags",
                **settings,
            },
        )

    def environment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client("mwaa").get_environment(Name=NAME)["Environment"]
        return found

    def version(self, key: str) -> str:
        return str(self.s3.head_object(Bucket=MWAA, Key=key)["VersionId"])

    def set_up(self) -> None:
        """Make the buckets as infra/base.yaml does."""
        for bucket in (MWAA, ARTIFACTS):
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
            self.s3.put_public_access_block(
                Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(CLOSED, True)
            )

    def reset(self) -> None:
        """Empty the account."""
        for bucket in self.s3.list_buckets()["Buckets"]:
            name = bucket["Name"]
            pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=name)
            for page in pages:
                for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    place = {"Key": version["Key"], "VersionId": version["VersionId"]}
                    self.s3.delete_object(Bucket=name, **place)
            self.s3.delete_bucket(Bucket=name)
        mwaa = self.client("mwaa")
        for name in mwaa.list_environments()["Environments"]:
            mwaa.delete_environment(Name=name)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
