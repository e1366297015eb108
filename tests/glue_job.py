"""Runs scripts through the Glue runner against a real moto server, for the tests of both."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REPOSITORY = Path(__file__).parents[1]


class Glue:
    """One S3 with one bucket, and Glue job runs that use it."""

    def __init__(self, url: str, folder: Path, bucket: str) -> None:
        self.bucket = bucket
        self.folder = folder  # of the runs' working directories
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        session = boto3.Session("test", "test", region_name="us-east-1")
        self.s3: Any = session.client("s3", endpoint_url=url)
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key: str, text: str) -> str:
        """Write an object; its URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return f"s3://{self.bucket}/{key}"

    def read(self, prefix: str) -> dict[str, str]:
        """The objects under the prefix: text by key."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        keys = [item["Key"] for item in listed]
        return {
            k: self.s3.get_object(Bucket=self.bucket, Key=k)["Body"].read().decode() for k in keys
        }

    def command(self, script: str, work_dir: Path, *arguments: str) -> list[str]:
        """The command line of one run."""
        runner = [sys.executable, "-m", "generator.local.aws.glue_runner"]
        return [*runner, "--script", script, "--work-dir", str(work_dir), "--", *arguments]

    def run(
        self, script: str, *arguments: str, name: str = "a run", env: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[str]:
        """Run the script at the URI to its end."""
        command = self.command(script, self.folder / name, "--JOB_NAME", "test", *arguments)
        environment = self.environment | dict(env)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def emulated_glue(folder: Path, bucket: str) -> Iterator[Glue]:
    """A Glue on a free port of the loopback interface.

    moto has one state per process, so each test module needs a bucket of its own.
    """
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield Glue("http://{}:{}".format(*server.get_host_and_port()), folder, bucket)
    finally:
        server.stop()
