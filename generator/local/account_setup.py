"""What an account has before the first run: buckets, sample data, Glue scripts, topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from generator.environment import Environment
from generator.project import Project
from generator.project_file import is_within


class Clients:
    """boto3 clients for the emulated AWS that the variables ``aws`` describe."""

    def __init__(self, aws: Mapping[str, str]) -> None:
        self.url = aws["AWS_ENDPOINT_URL"]
        self._session = boto3.Session(
            aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
            region_name=aws["AWS_DEFAULT_REGION"],
        )
        self._clients: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        """Return the client of ``service``, the same one each time."""
        if service not in self._clients:
            self._clients[service] = self._session.client(
                service,
                endpoint_url=self.url,
                config=Config(proxies={}, inject_host_prefix=False),
            )
        return self._clients[service]


def set_up(project: Project, environment: Environment, clients: Clients) -> None:
    """Create what is missing and upload the sample data and the Glue scripts.

    Raises FileNotFoundError that names a missing file of ``sample_data``.
    """
    values = environment.values
    for bucket in (values["data_bucket"], values["artifacts_bucket"]):
        create_bucket(clients["s3"], bucket, values["region"])
    for key, name in values.get("sample_data", {}).items():
        file = project.root / name
        if not file.is_file() or not is_within(file, project.root):
            shown = project.shown(project.environment_file(environment.name))
            raise FileNotFoundError(f"{shown}: sample_data names {name}, which is not there")
        clients["s3"].upload_file(str(file), values["data_bucket"], key)
    for script in project.script_files():
        key = f"glue_scripts/{script.relative_to(project.glue_scripts).as_posix()}"
        clients["s3"].upload_file(str(script), values["artifacts_bucket"], key)
    if topic := values.get("alerts_topic_arn"):
        clients["sns"].create_topic(Name=topic.rpartition(":")[2])


def create_bucket(s3: Any, name: str, region: str) -> None:
    """Make the bucket unless it is there."""
    if any(bucket["Name"] == name for bucket in s3.list_buckets()["Buckets"]):
        return
    # us-east-1 is the one region that must not be named here.
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
