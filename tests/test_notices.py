"""What is told over SNS, received from a real queue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.log import mask_secret
from alerts_topic import Received, aws, topic

from generator.local.aws.server import EmulatedAws
from generator.operators.evaluation import AirflowFailException
from generator.operators.notice import (
    FailedRunNotice,
    FailedTaskNotice,
    RefusedModelNotice,
    SkippedModelNotice,
    SucceededRunNotice,
)
from generator.operators.notice_text import LONGEST_REASON, UNKNOWN, reason_of
from generator.operators.refusal import ModelRefusedError

RUN = "manual__2026-11-23T00:00:00+00:00"
PAGE = "/dags/churn/runs/manual__2026-11-23T00%3A00%3A00%2B00%3A00"
__all__ = ["aws", "topic"]


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
    assert "6 * 6" not in second


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


def test_what_airflow_2_says_of_a_lost_task_is_put_into_words() -> None:
    assert reason_of("{'DAG Id': 'churn', 'Task Id': 'train', 'Run Id': '1'}") == UNKNOWN
    assert reason_of("Executor reported that the task finished") == (
        "Executor reported that the task finished"
    )
    assert reason_of(KeyError("Training")) == "KeyError: 'Training'"
    assert reason_of(AirflowFailException()) == "AirflowFailException"
    assert reason_of(KeyError()) == "KeyError"


def test_a_secret_that_airflow_knows_is_not_told() -> None:
    mask_secret("correct horse battery staple")
    said = RuntimeError("login with correct horse battery staple refused")
    assert reason_of(said) == "RuntimeError: login with *** refused"


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
