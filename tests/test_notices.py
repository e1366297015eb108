"""What is told over SNS, received from a real queue; real Airflow calls back."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import airflow_parts
import boto3
import pytest
from examples import empty_project

from generator import airflow_version
from generator.airflow_version import VERSIONS
from generator.aws_requests.permissions import Place, of_airflow
from generator.dag import build
from generator.local.airflow import AirflowHome
from generator.local.aws.server import EmulatedAws
from generator.local.processes import Processes
from generator.notices import notices
from generator.operators.evaluation import AirflowFailException
from generator.operators.notice import (
    LONGEST_REASON,
    UNKNOWN,
    FailedRunNotice,
    FailedTaskNotice,
    RefusedModelNotice,
    SkippedModelNotice,
    SucceededRunNotice,
)
from generator.operators.refusal import ModelRefusedError
from generator.pipeline import Pipeline
from generator.stages.evaluation import Evaluation
from generator.template import OMIT

RUN = "manual__2026-11-23T00:00:00+00:00"
PAGE = "/dags/churn/runs/manual__2026-11-23T00%3A00%3A00%2B00%3A00"
Received = Callable[[], list[dict[str, str]]]


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as emulated:
        yield emulated


@pytest.fixture(scope="module")
def topic(aws: EmulatedAws) -> Iterator[tuple[str, Received]]:
    """The ARN of a topic, and what has been published to it since the last look."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    sns, sqs = (session.client(service, endpoint_url=aws.url) for service in ("sns", "sqs"))
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:alerts"
    )

    def received() -> list[dict[str, str]]:
        found = []
        while answer := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in answer:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    yield arn, received
    for client in (sns, sqs):
        client.close()


@pytest.fixture
def told(
    aws: EmulatedAws, topic: tuple[str, Received], monkeypatch: pytest.MonkeyPatch
) -> Received:
    """Everything that is published in this test; the provider's hook finds the emulated AWS."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return topic[1]


class TaskInstance:
    """A task of a run, with its XCom."""

    dag_id, run_id, try_number = "churn", RUN, 1

    def __init__(self, state: str = "running", max_tries: int = 0, **fields: Any) -> None:
        self.task_id, self.max_tries, self._state = "train", max_tries, state
        self.task = SimpleNamespace(task_id="train", **fields)
        self.xcom: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcom[key] = value

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        assert task_ids == self.task_id
        return self.xcom.get(key)

    def get_task_states(self, **_: Any) -> Any:
        return {RUN: {self.task_id: self._state}}


def context(ti: TaskInstance, error: BaseException | None = None) -> dict[str, Any]:
    dag = SimpleNamespace(dag_id="churn")
    return {"dag": dag, "ti": ti, "run_id": RUN, "exception": error, "reason": "task_failure"}


def arguments(topic: tuple[str, Received], **more: Any) -> dict[str, Any]:
    texts = {"subject": "Pipeline churn failed", "message": "Pipeline churn (owner me) failed."}
    return {"target_arn": topic[0], "region": "us-east-1", **texts, **more}


def test_a_failure_is_told_with_pipeline_run_task_reason_and_links(
    topic: tuple[str, Received], told: Received
) -> None:
    ti = TaskInstance(config={"TrainingJobName": "churn-20261123-abc"})
    error = AirflowFailException("Training job churn-20261123-abc-2 failed: no data.")
    FailedTaskNotice(**arguments(topic))(context(ti, error))
    (message,) = told()
    assert message["Subject"] == "Pipeline churn failed"
    lines = message["Message"].splitlines()
    assert lines[:5] == [
        "Pipeline churn (owner me) failed.",
        "",
        f"Run: {RUN}",
        "Task: train",
        "Reason: Training job churn-20261123-abc-2 failed: no data.",
    ]
    assert lines[5].startswith("Log: http")
    assert lines[5].endswith(f"{PAGE}/tasks/train")
    assert lines[6] == (
        "AWS: https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1"
        "#/jobs/churn-20261123-abc-2"
    )


def test_nothing_is_rendered_and_a_second_message_does_not_repeat_the_first(
    topic: tuple[str, Received], told: Received
) -> None:
    notice = FailedTaskNotice(**arguments(topic, message="Owner {{ 7 * 7 }} failed."))
    for reason in ("{{ 6 * 6 }} {% raise %}", "another reason"):
        notice(context(TaskInstance(), RuntimeError(reason)))
    first, second = (message["Message"] for message in told())
    assert "Owner {{ 7 * 7 }} failed." in first
    assert "Reason: RuntimeError: {{ 6 * 6 }} {% raise %}" in first
    assert "Reason: RuntimeError: another reason" in second


def test_a_subject_is_one_that_sns_takes(topic: tuple[str, Received], told: Received) -> None:
    FailedTaskNotice(**arguments(topic, subject="Größe\n" + 200 * "x"))(
        context(TaskInstance(), RuntimeError("\x00 \udc80 ä\nsecond line"))
    )
    (message,) = told()
    assert message["Subject"] == "Gr??e?" + 93 * "x"
    assert "Reason: RuntimeError:     ä\nsecond line" in message["Message"]


def test_a_long_reason_keeps_its_beginning_and_its_end(
    topic: tuple[str, Received], told: Received
) -> None:
    error = RuntimeError("begin" + 10 * LONGEST_REASON * "x" + "end")
    FailedTaskNotice(**arguments(topic))(context(TaskInstance(), error))
    (message,) = told()
    assert "Reason: RuntimeError: begin" in message["Message"]
    assert "xend\n" in message["Message"]
    assert len(message["Message"]) < LONGEST_REASON + 500


@pytest.mark.parametrize(
    ("fields", "said", "place"),
    [
        (
            {"job_name": "churn_prepare"},
            "",
            "gluestudio/home?region={}#/editor/job/churn_prepare/runs",
        ),
        (
            {"job_name": "churn_prepare"},
            "Run jr_0123456789abcdef of it failed",
            "gluestudio/home?region={}#/job/churn_prepare/run/jr_0123456789abcdef",
        ),
        ({"endpoint_name": "churn"}, "", "sagemaker/home?region={}#/endpoints/churn"),
        ({"config": {"EndpointName": "churn"}}, "", "sagemaker/home?region={}#/endpoints/churn"),
        ({"training_job": "churn-1"}, "", "sagemaker/home?region={}#/jobs/churn-1"),
        ({"training_job": "{{ ti }}"}, "", None),
        ({}, "", None),
    ],
)
def test_the_console_page_is_that_of_what_the_task_works_on(
    topic: tuple[str, Received], told: Received, fields: Any, said: str, place: str | None
) -> None:
    FailedTaskNotice(**arguments(topic, region="cn-north-1"))(
        context(TaskInstance(**fields), RuntimeError(said))
    )
    (message,) = told()
    pages = [line for line in message["Message"].splitlines() if line.startswith("AWS: ")]
    wanted = place and f"AWS: https://console.amazonaws.cn/{place.format('cn-north-1')}"
    assert pages == ([wanted] if wanted else [])


def test_one_failure_is_told_once(topic: tuple[str, Received], told: Received) -> None:
    ti = TaskInstance()
    FailedTaskNotice(**arguments(topic))(context(ti, RuntimeError("first")))
    FailedRunNotice(**arguments(topic))(context(ti))
    (message,) = told()
    assert "first" in message["Message"]


def test_a_task_that_died_without_a_word_is_told_when_its_run_ends(
    topic: tuple[str, Received], told: Received
) -> None:
    ti = TaskInstance()
    FailedTaskNotice(**arguments(topic))(context(ti))
    assert told() == []
    FailedRunNotice(**arguments(topic))(context(ti))
    (message,) = told()
    assert f"Reason: {UNKNOWN}" in message["Message"]


def test_a_task_that_somebody_marked_is_told_by_its_run_alone(
    topic: tuple[str, Received], told: Received
) -> None:
    ti = TaskInstance(state="failed")
    FailedRunNotice(**arguments(topic))(context(ti))
    FailedTaskNotice(**arguments(topic))(context(ti, RuntimeError("exit code -15")))
    (message,) = told()
    assert UNKNOWN in message["Message"]


def test_where_the_run_cannot_tell_the_task_does_unless_it_is_tried_again(
    topic: tuple[str, Received], told: Received
) -> None:
    notice = FailedTaskNotice(**arguments(topic, alone=True))
    notice(context(TaskInstance(max_tries=1)))
    assert told() == []
    notice(context(TaskInstance(max_tries=0)))
    assert len(told()) == 1


def test_a_refusal_is_told_to_its_own_topic_and_any_other_failure_to_the_other(
    topic: tuple[str, Received], told: Received
) -> None:
    own = arguments(topic, subject="Pipeline churn refused the new model")
    notice = RefusedModelNotice(**own, otherwise=arguments(topic))
    ti = TaskInstance()
    notice(context(ti, ModelRefusedError("validation:auc is 0.8, and must be >= 0.9")))
    FailedRunNotice(**arguments(topic))(context(ti))
    notice(context(TaskInstance(), RuntimeError("throttled")))
    first, second = told()
    assert first["Subject"] == "Pipeline churn refused the new model"
    assert "Reason: validation:auc is 0.8, and must be >= 0.9" in first["Message"]
    assert second["Subject"] == "Pipeline churn failed"
    RefusedModelNotice(**own)(context(TaskInstance(), RuntimeError("throttled")))
    assert told() == []


def test_a_skipped_deployment_is_told_with_what_is_in_xcom(
    topic: tuple[str, Received], told: Received
) -> None:
    ti = TaskInstance()
    notice = SkippedModelNotice(**arguments(topic))
    notice(context(ti))
    assert told() == []
    ti.xcom["return_value"] = {"refusals": ["validation:auc is 0.8, and must be >= 0.9"]}
    notice(context(ti))
    (message,) = told()
    assert "Reason: validation:auc is 0.8, and must be >= 0.9" in message["Message"]


def test_a_success_is_told_with_its_page_and_what_was_not_deployed(
    topic: tuple[str, Received], told: Received
) -> None:
    ti = TaskInstance()
    ti.task_id = "evaluate"
    notice = SucceededRunNotice(**arguments(topic), gate="evaluate")
    notice(context(ti))
    ti.xcom["return_value"] = {"refusals": ["validation:auc is 0.8, and must be >= 0.9"]}
    notice(context(ti))
    deployed, skipped = (message["Message"] for message in told())
    assert deployed.endswith(PAGE)
    assert "Not deployed" not in deployed
    assert "Not deployed: the new model was refused: validation:auc is 0.8, and must" in skipped


# --------------------------------------------------------------------------- in the configuration


SKIPS = Evaluation({"validation:auc": "> 0.5"}, if_refused="skip_deployment")


def asked(version: str, *stages: Any, **notify: str) -> dict[str, Any]:
    """The callbacks of a pipeline on one version of Airflow."""
    pipeline = Pipeline("churn", owner="me", stages=stages, notify=notify)
    version_ = airflow_version.nearest(version)
    env = {"region": "us-east-1"}
    return notices({"pipeline": pipeline, "airflow": version_, "env": env, "omit": OMIT})


@pytest.mark.parametrize("version", [version.name for version in VERSIONS])
def test_a_run_tells_what_its_tasks_cannot_where_it_can_read_xcom(version: str) -> None:
    found = asked(version, on_failure="arn:failure")
    assert ("failed_run" in found) == (version != "3.0.6")
    assert found["failed_task"].get("alone", False) == (version == "3.0.6")


def test_only_what_is_asked_for_is_told() -> None:
    assert asked("3.3.1") == {}
    assert set(asked("3.3.1", on_success="arn")) == {"succeeded_run"}
    refusal = asked("3.3.1", on_refusal="arn:refusal")
    assert set(refusal) == {"refused", "skipped"}
    assert "otherwise" not in refusal["refused"]
    both = asked("3.3.1", on_refusal="arn:refusal", on_failure="arn:failure")["refused"]
    assert both["target_arn"] == "arn:refusal"
    assert (
        RefusedModelNotice(
            **{key: value for key, value in both.items() if key != "callback"}
        ).otherwise.target_arn
        == "arn:failure"
    )


def test_a_success_asks_the_gate_only_where_it_can_have_skipped_and_can_be_asked() -> None:
    assert asked("3.3.1", SKIPS, on_success="arn")["succeeded_run"]["gate"] == "evaluate"
    assert "gate" not in asked("3.0.6", SKIPS, on_success="arn")["succeeded_run"]
    fails = Evaluation({"validation:auc": "> 0.5"})
    assert "gate" not in asked("3.3.1", fails, on_success="arn")["succeeded_run"]


def test_airflow_may_publish_to_every_topic() -> None:
    found = asked("3.3.1", on_failure="arn:failure", on_refusal="arn:refusal", on_success="arn:s")
    task = {"operator": "x.Evaluation", "on_failure_callback": found["refused"]}
    dag = {
        "default_args": {"on_failure_callback": found["failed_task"]},
        "on_failure_callback": found["failed_run"],
        "on_success_callback": found["succeeded_run"],
        "tasks": {"evaluate": {**task, "on_skipped_callback": found["skipped"]}},
    }
    allowed = list(of_airflow({"churn": dag}, Place("aws", "us-east-1", "123456789012")))
    assert {permission.action for permission in allowed} == {"sns:Publish"}
    assert sorted(each.resource for each in allowed) == ["arn:failure", "arn:refusal", "arn:s"]


def test_building_a_dag_leaves_its_configuration_as_it_is() -> None:
    found = asked("3.3.1", on_failure="arn:failure", on_success="arn")
    task = {"operator": "airflow.providers.standard.operators.empty.EmptyOperator"}
    tasks = {
        name: {**task, "dependencies": [], "on_failure_callback": found["failed_task"]}
        for name in ("first", "second")
    }
    configuration = {
        "churn": {
            "schedule": None,
            "default_args": {"owner": "me", "on_failure_callback": found["failed_task"]},
            "on_success_callback": found["succeeded_run"],
            "tasks": tasks,
        }
    }
    before = json.dumps(configuration)
    dag = build(configuration)
    assert json.dumps(configuration) == before
    assert isinstance(dag.on_success_callback, SucceededRunNotice)
    (callback,) = dag.get_task("second").on_failure_callback
    assert isinstance(callback, FailedTaskNotice)


# ----------------------------------------------------------------------------- with all of Airflow

DAGS = """\
from datetime import datetime

from generator.airflow_version import NEWEST
from generator.dag import build
from generator.notices import notices
from generator.pipeline import Pipeline
from generator.template import OMIT

BASH = "airflow.providers.standard.operators.bash.BashOperator"
COMMANDS = {"fails": "echo {{ '{{ 6 * 6 }}' }}; exit 3", "killed": "kill -9 $PPID; sleep 9"}
for name, command in COMMANDS.items():
    pipeline = Pipeline(name, owner="me", stages=(), notify={"on_failure": "TOPIC"})
    env = {"region": "us-east-1"}
    told = notices({"pipeline": pipeline, "airflow": NEWEST, "env": env, "omit": OMIT})
    globals()[name] = build({
        name: {
            "schedule": None,
            "start_date": datetime(2026, 1, 5),
            "default_args": {"owner": "me", "on_failure_callback": told["failed_task"]},
            "on_failure_callback": told["failed_run"],
            "tasks": {"task": {"operator": BASH, "dependencies": [], "bash_command": command}},
        }
    })
"""


@pytest.mark.slow
def test_airflow_tells_once_of_a_task_that_failed_and_of_one_that_was_killed(
    aws: EmulatedAws, topic: tuple[str, Received], tmp_path: Path
) -> None:
    arn, received = topic
    project = empty_project(tmp_path / "a project")
    for file in project.dags.glob("*.py"):
        file.unlink()
    (project.dags / "notified.py").write_text(DAGS.replace("TOPIC", arn))
    home = AirflowHome(project, "local", aws.environment, tmp_path / "airflow")
    processes = Processes()
    home.create_database(processes)
    processes.close()
    processes.clean_up()
    with airflow_parts.running(home):
        for dag in ("fails", "killed"):
            trigger(home, dag)
        for dag in ("fails", "killed"):
            assert airflow_parts.await_end(home, dag) == {"task": "failed"}
        messages = await_messages(received, 2)
    told = {message["Subject"]: message["Message"] for message in messages}
    assert len(messages) == len(told) == 2
    assert "Reason: Bash command failed." in told["Pipeline fails failed"]
    assert f"Reason: {UNKNOWN}" in told["Pipeline killed failed"]
    assert "Task: task" in told["Pipeline killed failed"]


def trigger(home: AirflowHome, dag: str) -> None:
    """Start a run as soon as the dag processor has found the DAG."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        command = home.command("dags", "trigger", dag)
        done = subprocess.run(command, env=home.variables, capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(1)
    pytest.fail(done.stderr)


def await_messages(received: Received, count: int) -> list[dict[str, str]]:
    """What has arrived once there are so many, and a little later."""
    found: list[dict[str, str]] = []
    deadline = time.monotonic() + 60
    while len(found) < count and time.monotonic() < deadline:
        found += received()
        time.sleep(0.5)
    time.sleep(5)
    return found + received()
