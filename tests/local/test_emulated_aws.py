"""Starting and stopping the emulated AWS: what it listens on, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import psutil
import pytest
from example_jobs import (
    BUCKET,
    example_rows,
    make_client,
    training_request,
    wait_for,
)

from generator.local.aws.server import EmulatedAws


def test_the_environment_is_enough_for_boto3_and_airflow(aws, monkeypatch):
    environment = aws.emulated.environment
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    connection = json.loads(environment["AIRFLOW_CONN_AWS_DEFAULT"])
    assert connection["conn_type"] == "aws"
    assert connection["extra"]["endpoint_url"] == aws.emulated.url
    assert {"127.0.0.1", "localhost"} <= set(environment["NO_PROXY"].split(","))


def run_alone(source: str, **environment: str) -> None:
    """Runs `source` in a process of its own: moto's state is shared within one."""
    command = [sys.executable, "-W", "error", "-c", source]
    answer = subprocess.run(command, env={**os.environ, **environment}, stderr=subprocess.PIPE)
    assert answer.returncode == 0, answer.stderr.decode()
    assert answer.stderr == b""


def test_the_library_of_a_container_comes_first_in_the_jobs_path(aws, tmp_path):
    environment = aws.emulated._running().job_environment("sagemaker", (tmp_path,))
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path)
    assert environment["OMP_NUM_THREADS"] == "1"


def test_it_listens_on_loopback_only(aws):
    listening = [
        connection.laddr.ip
        for connection in psutil.Process().net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_a_taken_port_is_said_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"Port {port} on 127.0.0.1 is already taken"):
            EmulatedAws(port=port).start()
        command = [sys.executable, "-m", "generator.local.aws.server", "--port", str(port)]
        answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 1
    assert answer.stderr == f"Port {port} on 127.0.0.1 is already taken by another program\n"


def test_a_second_life_is_empty_and_a_developers_own_profile_and_proxy_stay_out():
    run_alone(
        """
from generator.local.aws.server import EmulatedAws
aws = EmulatedAws()
aws.stop()
for _ in range(2):
    assert aws.start() is aws.start()
    folder = aws.jobs_folder
    assert "AWS_PROFILE" not in aws._running().job_environment("glue")
    s3 = aws._running().client("s3", "test")
    assert s3.list_buckets()["Buckets"] == []
    s3.create_bucket(Bucket="only-in-this-life")
    s3.put_object(Bucket="only-in-this-life", Key="x", Body=b"x")
    aws.stop()
    aws.stop()
    assert not folder.parent.exists()
try:
    aws.url
except RuntimeError as error:
    assert "not running" in str(error)
""",
        AWS_PROFILE="not-in-any-file",
        HTTP_PROXY="http://127.0.0.1:9",
        http_proxy="http://127.0.0.1:9",
    )


def test_a_request_that_is_not_json_is_a_serialization_error(aws):
    request = urllib.request.Request(
        aws.emulated.url, data=b"{", headers={"X-Amz-Target": "SageMaker.ListModels"}
    )
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    with error.value as answer:
        assert answer.code == 400
        assert json.load(answer)["__type"] == "SerializationException"


@pytest.fixture
def server():
    """The emulated AWS as a process of its own: the process, its URL, its temporary folder."""
    command = [sys.executable, "-m", "generator.local.aws.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        exports = {}
        while not (line := process.stdout.readline()).startswith("# job logs: "):
            name, _, value = line.removeprefix("export ").partition("=")
            exports[name] = value.strip("'\n")
        folder = Path(line.removeprefix("# job logs: ").strip()).parent
        url = exports["AWS_ENDPOINT_URL"]
        try:
            yield process, url, folder
        finally:
            process.kill()


def start_training(url: str, jobs: Path) -> None:
    """A training job that would go on for hours, in its first rounds."""
    s3, sagemaker = make_client(url, "s3"), make_client(url, "sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    for name in ("train", "validation"):
        rows = "\n".join(",".join(f"{cell:g}" for cell in row) for row in example_rows(300, 1))
        s3.put_object(Bucket=BUCKET, Key=f"data/{name}/x.csv", Body=rows.encode())
    request = training_request(HyperParameters={"num_round": "1000000"})
    sagemaker.create_training_job(**request)
    log = jobs / request["TrainingJobName"] / "stdout.log"
    wait_for(lambda: log.exists() and "[3]" in log.read_text(), bool)
    for client in (s3, sagemaker):
        client.close()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_way_to_end_the_server_leaves_anything_behind(server, signum):
    process, url, folder = server
    start_training(url, folder / "jobs")
    # The janitor and the training job.
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    process.send_signal(signum)
    code = process.wait(timeout=20)
    assert code == (-signal.SIGKILL if signum == signal.SIGKILL else 0)
    wait_for(lambda: folder.exists(), lambda exists: not exists, seconds=10)
    assert psutil.wait_procs(children, timeout=10)[1] == []
