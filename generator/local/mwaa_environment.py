"""The environment of the emulated MWAA whose web server is the Airflow that `pipelines ui` runs."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from generator.local.account_setup import Clients, create_bucket

_ROLE = "arn:aws:iam::123456789012:role/local-mwaa"
_VARIABLES = (
    *("AWS_ENDPOINT_URL", "AWS_DISABLE_HOST_PREFIX_INJECTION", "AWS_DEFAULT_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
)
_NETWORK = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}


@contextmanager
def registered(
    mwaa: Mapping[str, str], clients: Clients, url: str, password: str
) -> Iterator[None]:
    """Have InvokeRestApi of the environment call the Airflow at `url`, as `admin`.

    `mwaa` is that section of environments/<name>.yaml; the environment and its bucket are made
    where they are missing. They stay, but nothing answers for them afterwards.
    """
    airflow_version = version("apache-airflow")
    create(mwaa, airflow_version, clients)
    airflow = {"url": url, "airflow_version": airflow_version}
    airflow |= {"username": "admin", "password": password}
    path = f"{clients.url}/_pipelines/mwaa/{quote(mwaa['environment'])}"
    _send("PUT", path, airflow)
    try:
        yield
    finally:
        with suppress(OSError):  # an emulated AWS that has ended has forgotten it, too
            _send("DELETE", path, {"url": url})


def command(mwaa: Mapping[str, str], aws: Mapping[str, str], exported: bool) -> str:
    """Return a line for a shell that calls Airflow through MWAA.

    It says where the emulated AWS is, unless that is `exported` by the shell already.
    """
    where = "" if exported else " ".join(f"{name}={aws[name]}" for name in _VARIABLES) + " "
    name = mwaa["environment"]
    return f"{where}aws mwaa invoke-rest-api --name {name} --method GET --path /dags"


def create(mwaa: Mapping[str, str], airflow_version: str, clients: Clients) -> None:
    """Make the environment and its bucket where they are missing."""
    client, bucket = clients["mwaa"], mwaa["bucket"]
    create_bucket(clients["s3"], bucket, client.meta.region_name)
    clients["s3"].put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    with suppress(client.exceptions.ResourceNotFoundException):
        client.get_environment(Name=mwaa["environment"])
        return
    client.create_environment(
        Name=mwaa["environment"],
        SourceBucketArn=f"arn:aws:s3:::{bucket}",
        DagS3Path="dags",
        AirflowVersion=airflow_version,
        ExecutionRoleArn=_ROLE,
        NetworkConfiguration=_NETWORK,
    )


def _send(method: str, url: str, content: Mapping[str, Any]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = json.dumps(content).encode()
    request = urllib.request.Request(url, body, method=method)  # noqa: S310
    with opener.open(request, timeout=10) as answer:
        answer.read()
