"""`pipelines ui`: Airflow with all its parts, and runs that are started over REST and MWAA."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from examples import VALID, empty_project, share_database
from terminals import EmulatedAwsProcess, await_nothing_left, pipelines
from trigger_trials import PIPELINE, TRIALS, Triggered, write_pipeline

from generator.project import Project

pytestmark = pytest.mark.slow

NOTIFY = "notify: {on_failure: '${{ env.alerts_topic_arn }}'}\n"


class Airflow:
    """Airflow's REST API, signed in with what `pipelines ui` prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        printed = {}
        for line in process.stdout:
            name, _, value = line.strip().partition(":")
            printed[name] = value.strip()
            if name.startswith("Switch"):
                break
        self.url, self.mwaa = printed["Airflow"], printed["MWAA"]
        answer = self.call(
            "POST", "/auth/token", {"username": "admin", "password": printed["Password"]}
        )
        self.token = answer["access_token"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "token"):
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAwsProcess]:
    running = EmulatedAwsProcess()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = empty_project(tmp_path_factory.mktemp("ui") / "a project")
    share_database(project)
    (project.pipelines / "churn.yaml").write_text(VALID.format(name="churn") + NOTIFY)
    (project.glue_scripts / "clean.py").write_text("raise SystemExit('the source has no rows')\n")
    (project.root / "data").mkdir()
    (project.root / "data" / "customer-churn.csv").write_text("a,b\n")
    write_pipeline(project)
    return project


@pytest.fixture(scope="module")
def airflow(
    project: Project, aws: EmulatedAwsProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Airflow]:
    """`pipelines ui` on the emulated AWS; it leaves nothing behind."""
    temporary = tmp_path_factory.mktemp("temporary")
    process = subprocess.Popen(
        pipelines("ui"),
        cwd=project.root,
        env={**os.environ, **aws.variables, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Airflow(process)
    finally:
        process.terminate()
        process.communicate(timeout=60)
    await_nothing_left(temporary)


def client(aws: EmulatedAwsProcess, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=aws.variables["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def subscribed_queue(aws: EmulatedAwsProcess) -> str:
    """Return a queue that gets what is published to the local alerts topic."""
    url = client(aws, "sqs").create_queue(QueueName="alerts")["QueueUrl"]
    topic = client(aws, "sns").create_topic(Name="local-alerts")["TopicArn"]
    queue = "arn:aws:sqs:us-east-1:123456789012:alerts"
    client(aws, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    return str(url)


def test_a_run_started_over_rest_without_a_date_fails_visibly_and_notifies(
    airflow: Airflow, aws: EmulatedAwsProcess
) -> None:
    queue = subscribed_queue(aws)
    await_dag(airflow, "churn")
    airflow.call("PATCH", "/api/v2/dags/churn", {"is_paused": False})
    run = {"dag_run_id": "by-hand-1", "logical_date": None}
    airflow.call("POST", "/api/v2/dags/churn/dagRuns", run)
    assert await_end(airflow, "churn", "by-hand-1") == "failed"
    message = await_message(aws, queue)
    assert message["Subject"] == "Pipeline churn failed"
    assert "Run: by-hand-1" in message["Message"]


@pytest.fixture(scope="module")
def triggered(airflow: Airflow, aws: EmulatedAwsProcess) -> Iterator[Triggered]:
    """The emulated MWAA, which `pipelines ui` has told of its Airflow."""
    await_dag(airflow, PIPELINE)
    triggered = Triggered(aws.variables)
    yield triggered
    triggered.close()


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.__name__)
def test_of_the_trigger_on_airflow_3(
    triggered: Triggered, trial: Callable[[Triggered], None]
) -> None:
    trial(triggered)


def test_it_says_how_to_call_airflow_as_on_mwaa(
    airflow: Airflow, triggered: Triggered, aws: EmulatedAwsProcess
) -> None:
    # The shell that it was started in has what `pipelines aws` printed.
    assert airflow.mwaa == "aws mwaa invoke-rest-api --name local --method GET --path /dags"
    dags = [dag["dag_id"] for dag in triggered.call("GET", "/dags")["dags"]]
    assert {"churn", PIPELINE} <= set(dags)
    made = client(aws, "s3").get_bucket_versioning(Bucket="local-mwaa")
    assert made["Status"] == "Enabled"


def await_dag(airflow: Airflow, name: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        dags = airflow.call("GET", "/api/v2/dags")["dags"]
        if name in [dag["dag_id"] for dag in dags]:
            return
        time.sleep(1)
    pytest.fail(f"{name} did not appear")


def await_end(airflow: Airflow, name: str, run: str) -> str:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        state = airflow.call("GET", f"/api/v2/dags/{name}/dagRuns/{run}")["state"]
        if state in ("success", "failed"):
            return str(state)
        time.sleep(1)
    pytest.fail("the run did not end")


def await_message(aws: EmulatedAwsProcess, queue: str) -> dict[str, Any]:
    sqs = client(aws, "sqs")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)
        for found in answer.get("Messages", ()):
            return dict(json.loads(found["Body"]))
    pytest.fail("nobody was notified")
