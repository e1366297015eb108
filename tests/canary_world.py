"""A project and an emulated AWS with secrets in every place where real ones live."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from botocore.exceptions import ClientError
from canaries import IN_SECRETS_MANAGER, IN_THE_ENVIRONMENT, SECRETS
from examples import ROOT, empty_project
from terminals import pipelines

from generator.environment import load_environment
from generator.local.account_setup import Clients, set_up
from generator.local.airflow import AirflowHome
from generator.local.processes import Processes
from generator.project import Project

PAGE = (ROOT / "docs" / "secrets.md").read_text("utf-8")

TRAINING = """\
training:
  instance_type: ml.m5.large
  hyperparameters: {objective: "binary:logistic", num_round: 2}
endpoint:
  name: warehouse
  instance_type: ml.m5.large
"""
# A scheduler that is slower than a job takes the job's end for a failure: hence a second try.
ONCE = 'schedule: "@once"\nstart_date: 2026-01-05\nretries: 2\nretry_delay: 1s\n'
USES_THE_PASSWORD = """\
import hashlib
print("digest", hashlib.sha256(password.encode()).hexdigest())
bucket, _, prefix = arguments["output"].removeprefix("s3://").partition("/")
rows = "".join(f"{i % 2},{i},{i * i % 7}\\n" for i in range(100))
for part in ("train", "validation"):
    key = f"{prefix}{part}/part-0.csv"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=rows.encode())
"""
FAILS_WITH_THE_PASSWORD = """\
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
address = "jdbc:postgresql://127.0.0.1:1/sales"
spark.read.jdbc(address, "sales", properties={"user": "me", "password": password})
"""


def block(language: str) -> str:
    """Return the first code block of a language in docs/secrets.md."""
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def backend() -> dict[str, str]:
    """Return the variables of the options that docs/secrets.md tells to set."""
    (name,) = re.findall(r"^airflow\.[\w.]+SecretsManagerBackend$", PAGE, re.MULTILINE)
    (arguments,) = re.findall(r'^\{"connections_prefix".*\}$', PAGE, re.MULTILINE)
    return {
        "AIRFLOW__SECRETS__BACKEND": name,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": arguments,
        "AIRFLOW__WORKERS__SECRETS_BACKEND": name,
        "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS": arguments,
    }


def make_project(folder: Path) -> Project:
    """Make the pipeline of docs/secrets.md, and one that fails with the password in hand."""
    project = empty_project(folder)
    (project.root / "data").mkdir()
    (project.root / "data" / "customer-churn.csv").write_text("a,b\n")
    job = block("yaml")
    (project.pipelines / "warehouse.yaml").write_text(job + ONCE + TRAINING)
    failing = job.replace("name: warehouse", "name: failing").replace("warehouse.py", "fails.py")
    (project.pipelines / "failing.yaml").write_text(failing + "retries: 0\n")
    local = project.environment_file("local")
    local.write_text(re.sub("(?m)^retries:.*\n", "", local.read_text()))
    (project.glue_scripts / "warehouse.py").write_text(block("python") + USES_THE_PASSWORD)
    (project.glue_scripts / "fails.py").write_text(block("python") + FAILS_WITH_THE_PASSWORD)
    return project


@dataclass
class World:
    """A project in ``folder``, the account that it uses, and what the commands have said."""

    folder: Path
    project: Project
    clients: Clients
    exported: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)

    def variables(self, temporary: str) -> dict[str, str]:
        """Return the environment of a person's shell; temporary files go to that folder."""
        (self.folder / temporary).mkdir(exist_ok=True)
        return _shell(self.project, self.folder / temporary) | {
            "AWS_ENDPOINT_URL": self.clients.url
        }

    def run(self, *arguments: str) -> str:
        """Run the command `pipelines` and return what it says."""
        finished = subprocess.run(
            pipelines(*arguments),
            cwd=self.project.root,
            env=self.variables("temporary"),
            capture_output=True,
            text=True,
            timeout=280,
        )
        self.said[" ".join(arguments)] = finished.stdout + finished.stderr
        return self.said[" ".join(arguments)]

    @contextmanager
    def running(self, *arguments: str) -> Iterator[str]:
        """Run it up to the line with `curl`, and stop it afterwards; yield what it has said."""
        process = subprocess.Popen(
            pipelines(*arguments),
            cwd=self.project.root,
            env=self.variables("kept"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("curl "):
                break
        yield "".join(said)
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
        self.said[" ".join(arguments)] = "".join(said) + rest

    def airflow(self, folder: str, **variables: str) -> AirflowHome:
        """Return an Airflow with connections in variables and in Secrets Manager, as on MWAA."""
        home = AirflowHome(self.project, "local", self.exported, self.folder / folder)
        environment, problems = load_environment(self.project, "local")
        assert environment is not None, problems
        set_up(self.project, environment, self.clients)
        secret_key = SECRETS["AWS_SECRET_ACCESS_KEY"]
        own = home.variables["AIRFLOW_CONN_AWS_DEFAULT"]
        default = own.replace('"password": "test"', f'"password": "{secret_key}"')
        assert default != own
        home.variables |= IN_THE_ENVIRONMENT | backend() | {"AIRFLOW_CONN_AWS_DEFAULT": default}
        home.variables |= variables
        processes = Processes()
        try:
            home.create_database(processes)
        finally:
            processes.close()
            processes.clean_up()
        return home


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Make a project in ``folder`` and start `pipelines aws` for it, with secrets in both."""
    project = make_project(folder / "a project")
    (folder / "aws").mkdir()
    with emulated_aws(project, folder / "aws") as exported:
        clients = Clients(exported)
        for name, value in IN_SECRETS_MANAGER.items():
            clients["secretsmanager"].create_secret(Name=name, SecretString=value)
        yield World(folder, project, clients, exported)


@contextmanager
def emulated_aws(project: Project, folder: Path) -> Iterator[dict[str, str]]:
    """Start `pipelines aws`; yield what to export. What it says is kept in ``folder``."""
    with (folder / "stderr").open("w") as errors:
        process = subprocess.Popen(
            pipelines("aws"),
            env=_shell(project, folder),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("# job logs"):
                break
        (folder / "stdout").write_text("".join(said))
        try:
            yield dict(re.findall(r"^export (\w+)='(.*)'$", "".join(said), re.MULTILINE))
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _shell(project: Project, temporary: Path) -> dict[str, str]:
    own = {"TMPDIR": str(temporary), "PIPELINES_ROOT": str(project.root), "PIPELINES_ENV": "local"}
    return {**os.environ, **IN_THE_ENVIRONMENT, **own}


@contextmanager
def watched_secrets(clients: Clients) -> Iterator[tuple[str, list[str]]]:
    """Serve Secrets Manager; yield its address, and the names that it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(json.loads(body)["SecretId"])
            try:
                answer = clients["secretsmanager"].get_secret_value(SecretId=asked[-1])
                status, content = 200, {"SecretString": answer["SecretString"]}
            except ClientError as error:
                status, content = 400, {"__type": error.response["Error"]["Code"]}
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """No line per request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def everything_in(clients: Clients) -> Iterator[tuple[str, Any]]:
    """Yield every object, log line, job, model and endpoint of an account, by its name."""
    yield from _objects(clients["s3"])
    yield from _log_lines(clients["logs"])
    glue, sagemaker = clients["glue"], clients["sagemaker"]
    for job in glue.get_jobs()["Jobs"]:
        yield f"glue job {job['Name']}", job
        yield f"glue runs of {job['Name']}", glue.get_job_runs(JobName=job["Name"])
    for each in sagemaker.list_training_jobs()["TrainingJobSummaries"]:
        name = each["TrainingJobName"]
        yield name, sagemaker.describe_training_job(TrainingJobName=name)
    for each in sagemaker.list_models()["Models"]:
        yield each["ModelName"], sagemaker.describe_model(ModelName=each["ModelName"])
    for each in sagemaker.list_endpoints()["Endpoints"]:
        endpoint = sagemaker.describe_endpoint(EndpointName=each["EndpointName"])
        configuration = endpoint["EndpointConfigName"]
        yield each["EndpointName"], endpoint
        yield (
            configuration,
            sagemaker.describe_endpoint_config(EndpointConfigName=configuration),
        )


def _objects(s3: Any) -> Iterator[tuple[str, bytes]]:
    for bucket in s3.list_buckets()["Buckets"]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
        for each in pages.build_full_result().get("Contents", ()):
            where = {"Bucket": bucket["Name"], "Key": each["Key"]}
            yield f"s3://{bucket['Name']}/{each['Key']}", s3.get_object(**where)["Body"].read()


def _log_lines(logs: Any) -> Iterator[tuple[str, Any]]:
    for group in (
        logs.get_paginator("describe_log_groups").paginate().build_full_result()["logGroups"]
    ):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        yield group["logGroupName"], pages.build_full_result()["events"]
