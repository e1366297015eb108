"""An emulated AWS account in which all is well: the stacks of infra/ and an MWAA environment.

It runs in a process of its own. moto's CloudFormation leaves out a few settings of the templates;
they are made here.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config
from examples import ROOT
from terminals import EmulatedAwsProcess

NAME = "acme-ml"
HEALTHY = {"status": "healthy"}
NETWORK = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Stub:
    """An HTTP server that says `answers[path]`: a status and JSON."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
        self._server.RequestHandlerClass.answers = self.answers
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, Any]]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content = self.answers[self.path]
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


class HealthyAccount:
    """The account; `outputs` are those of its stacks, `variables` point boto3 here."""

    def __init__(self) -> None:
        self._process = EmulatedAwsProcess()
        self.variables = self._process.variables
        self.url = self.variables["AWS_ENDPOINT_URL"]
        self._clients: dict[str, Any] = {}
        self.airflow = Stub()
        self.airflow.answers.update(healthy_airflow())
        self.outputs: dict[str, str] = {}
        self.file = "# yaml-language-server: $schema=../schemas/environment.schema.json\n"

    def set_up(self) -> None:
        """Create everything; stop() afterwards even if this raises."""
        key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        self._deploy("network")
        self._deploy("base", KmsKeyArn=key, JobsInVpc="true")
        self._complete_network()
        for bucket in ("DataBucket", "ArtifactsBucket", "MwaaBucket"):
            self.close_bucket(self.outputs[bucket])

    def client(self, service: str) -> Any:
        if service not in self._clients:
            session = boto3.Session("test", "test", region_name="us-east-1")
            self._clients[service] = session.client(
                service,
                endpoint_url=self.url,
                config=Config(proxies={}, inject_host_prefix=False),
            )
        return self._clients[service]

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        self.airflow.stop()
        self._process.stop()

    def environment(self) -> dict[str, Any]:
        """What MWAA says of the environment."""
        return self.client("mwaa").get_environment(Name=NAME)["Environment"]

    def use_newest_files(self) -> None:
        """Have the environment use what the bucket has."""
        newest = self._newest_versions()
        self.client("mwaa").update_environment(
            Name=NAME,
            RequirementsS3ObjectVersion=newest["requirements.txt"],
            StartupScriptS3ObjectVersion=newest["startup.sh"],
        )

    def role(self, output: str) -> str:
        """The name of a role by its output."""
        return self.outputs[output].rpartition("/")[2]

    def close_bucket(self, name: str) -> None:
        s3 = self.client("s3")
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=CLOSED)

    def enforce_policies(self, enforced: bool) -> None:
        """Have moto ask IAM whether who calls is allowed to; otherwise everybody is."""
        url = f"{self.url}/moto-api/reset-auth"
        headers = {"Content-Type": "text/plain"}
        request = urllib.request.Request(url, b"0" if enforced else b"inf", headers)
        urllib.request.urlopen(request, timeout=10).close()

    def _deploy(self, template: str, **parameters: str) -> None:
        cloudformation = self.client("cloudformation")
        given = {"Name": NAME, **parameters}
        cloudformation.create_stack(
            StackName=f"{NAME}-{template}",
            TemplateBody=(ROOT / "infra" / f"{template}.yaml").read_text("utf-8"),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in given.items()
            ],
        )
        [stack] = cloudformation.describe_stacks(StackName=f"{NAME}-{template}")["Stacks"]
        self.outputs |= {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        self.file += self.outputs["Environment"] + "\n"

    def _complete_network(self) -> None:
        ec2 = self.client("ec2")
        tables = ec2.describe_route_tables()["RouteTables"]
        private = [each["RouteTableId"] for each in tables if "NatGatewayId" in str(each["Routes"])]
        subnets = self.outputs["PrivateSubnets"].split(",")
        for table, subnet in zip(private, subnets, strict=True):
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    def make_first_environment(self) -> None:
        """The MWAA environment, once something is deployed that it can use."""
        versions = self._newest_versions()
        self.make_environment(
            NAME,
            RequirementsS3Path="requirements.txt",
            RequirementsS3ObjectVersion=versions["requirements.txt"],
            StartupScriptS3Path="startup.sh",
            StartupScriptS3ObjectVersion=versions["startup.sh"],
        )

    def _newest_versions(self) -> dict[str, str]:
        s3, bucket = self.client("s3"), self.outputs["MwaaBucket"]
        return {
            name: s3.head_object(Bucket=bucket, Key=name)["VersionId"]
            for name in ("requirements.txt", "startup.sh")
        }

    def make_environment(self, name: str, **settings: str) -> None:
        """An MWAA environment with the Airflow of this account."""
        self.client("mwaa").create_environment(
            Name=name,
            **{
                "AirflowVersion": "3.3.1",
                "SourceBucketArn": f"arn:aws:s3:::{self.outputs['MwaaBucket']}",
                "DagS3Path": "dags",
                "ExecutionRoleArn": self.outputs["MwaaRoleArn"],
                "WebserverAccessMode": "PUBLIC_ONLY",
                "NetworkConfiguration": NETWORK,
                **settings,
            },
        )
        registration = {"url": self.airflow.url, "username": "admin", "password": "admin"}
        registration["airflow_version"] = settings.get("AirflowVersion", "3.3.1")
        body = json.dumps(registration).encode()
        url = f"{self.url}/_pipelines/mwaa/{name}"
        urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"), timeout=10).close()


def healthy_airflow() -> dict[str, tuple[int, Any]]:
    """What the REST API of an Airflow says in which all is well, of version 3 and of 2."""
    parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    health = (200, dict.fromkeys(parts, HEALTHY))
    errors = (200, {"import_errors": [], "total_entries": 0})
    return {
        "/auth/token": (201, {"access_token": "token"}),
        "/api/v2/version": (200, {"version": "3.3.1", "git_version": None}),
        "/api/v2/monitor/health": health,
        "/api/v2/importErrors": errors,
        "/api/v1/version": (200, {"version": "2.11.2", "git_version": None}),
        "/api/v1/health": health,
        "/api/v1/importErrors": errors,
    }
