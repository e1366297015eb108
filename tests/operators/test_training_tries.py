"""A run has one training job: tries find it again, and nobody leaves one behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferralTimeout, TaskDeferred
from training_world import (
    TrainingWorld,
    again,
    context,
    deferred,
    failure,
    first_event,
    operator,
    stored,
    training_world,
    wait_in_triggerer,
)

from generator.operators.training import TrainingOperator

GOES_ON = {"1": "InProgress"}


@pytest.fixture(scope="module")
def world() -> Iterator[TrainingWorld]:
    with training_world() as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults_afterwards(world: TrainingWorld) -> Iterator[None]:
    yield
    world.emulated.faults = []


@pytest.fixture
def live(world: TrainingWorld) -> tuple[TrainingOperator, TaskDeferred]:
    """A deferred task whose job goes on, and how it was deferred; its worker is gone."""
    world.emulated.faults = ["job-never-ends"]
    task = operator(deferrable=True)
    deferral = deferred(task)
    assert world.states(base_of(task)) == GOES_ON
    return again(task), deferral


Live = tuple[TrainingOperator, TaskDeferred]


def base_of(task: TrainingOperator) -> str:
    return str(task.config["TrainingJobName"])


@pytest.mark.parametrize("deferrable", [False, True], ids=["sync", "deferred"])
def test_a_retry_goes_on_with_the_job_that_is_alive(
    world: TrainingWorld, live: Live, deferrable: bool
) -> None:
    task, _ = live
    said = failure(again(task, deferrable=deferrable, timeout=1), try_number=2)
    assert f"{base_of(task)}-1 has not ended within 1 s" in said
    world.wait(base_of(task), {"1": "Stopped"})


def test_a_retry_waits_for_the_end_of_a_job_that_is_stopping_and_starts_the_next(
    world: TrainingWorld, live: Live
) -> None:
    task, _ = live
    world.aws.sagemaker.stop_training_job(TrainingJobName=f"{base_of(task)}-1")
    world.emulated.faults = ["job-fails"]
    assert f"{base_of(task)}-2 failed" in failure(again(task), try_number=2)
    assert world.states(base_of(task)) == {"1": "Stopped", "2": "Failed"}


def test_a_task_that_was_cleared_stops_the_job_of_before_and_starts_its_own(
    world: TrainingWorld, live: Live
) -> None:
    task, _ = live
    world.emulated.faults = ["job-fails"]
    assert f"{base_of(task)}-2 failed" in failure(again(task), try_number=2, max_tries=1 + 1)
    assert world.states(base_of(task)) == {"1": "Stopped", "2": "Failed"}


def test_killing_the_task_stops_the_job(world: TrainingWorld) -> None:
    world.emulated.faults = ["job-never-ends"]
    task = operator(deferrable=True)
    deferred(task)
    task.on_kill()
    world.wait(base_of(task), {"1": "Stopped"})


def test_killing_a_task_that_has_not_yet_looked_for_its_job_stops_it(
    world: TrainingWorld, live: Live
) -> None:
    task, _ = live
    task.pre_execute(context(task))
    task.on_kill()
    world.wait(base_of(task), {"1": "Stopped"})


@pytest.mark.slow
def test_a_kill_is_heard_although_aws_is_busy(world: TrainingWorld, live: Live) -> None:
    task, _ = live
    world.emulated.faults = ["server-error:sagemaker.StopTrainingJob=7"]
    task.pre_execute(context(task))
    task.on_kill()
    world.wait(base_of(task), {"1": "Stopped"})


def test_a_trigger_that_took_too_long_stops_the_job(world: TrainingWorld, live: Live) -> None:
    task, _ = live
    with pytest.raises(TaskDeferralTimeout):
        task.resume_execution("__fail__", {"error": "Trigger timeout"}, context(task))
    world.wait(base_of(task), {"1": "Stopped"})


def test_where_the_triggerer_fails_the_worker_waits_itself(
    world: TrainingWorld, live: Live
) -> None:
    task, _ = live
    task.timeout = 1
    with pytest.raises(Exception, match=f"{base_of(task)}-1 has not ended within 1 s"):
        task.resume_execution("__fail__", {"error": "Trigger failure"}, context(task))
    world.wait(base_of(task), {"1": "Stopped"})


def test_a_retry_does_not_believe_what_the_trigger_of_an_earlier_try_has_told(
    world: TrainingWorld,
) -> None:
    """Airflow 3.0 hands it on: https://github.com/apache/airflow/issues/56704"""
    world.emulated.faults = ["job-fails=2"]
    task = operator(deferrable=True)
    task.pre_execute(context(task))
    event = wait_in_triggerer(deferred(task))
    retried = again(task, deferrable=False)
    with pytest.raises(Exception, match=f"{base_of(task)}-2 failed"):
        retried.resume_execution("resume", {"event": event}, context(task, try_number=2))


def test_a_user_who_ends_the_deferred_task_stops_the_job(world: TrainingWorld, live: Live) -> None:
    task, deferral = live
    asyncio.run(stored(deferral.trigger).on_kill())
    world.wait(base_of(task), {"1": "Stopped"})


def test_a_triggerer_that_shuts_down_leaves_the_job_alone(world: TrainingWorld, live: Live) -> None:
    task, deferral = live

    async def shut_down() -> None:
        waiting = asyncio.create_task(first_event(stored(deferral.trigger)))
        await asyncio.sleep(0.5)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(shut_down())
    assert world.states(base_of(task)) == GOES_ON
    task.pre_execute(context(task))
    task.on_kill()


def test_a_triggerer_that_is_restarted_waits_no_longer_than_the_first_would_have(
    world: TrainingWorld,
) -> None:
    world.emulated.faults = ["job-never-ends"]
    deferral = deferred(operator(deferrable=True, timeout=3))
    first: Any = stored(deferral.trigger)
    assert stored(first).deadline == deferral.trigger.deadline  # type: ignore[attr-defined]


def test_a_quota_that_is_used_up_is_worth_another_try(world: TrainingWorld) -> None:
    world.emulated.faults = ["resource-limit", "job-fails"]
    task = operator()
    said = failure(task)
    assert said.startswith(f"AirflowException: Training job {base_of(task)}-1 is not started: ")
    assert "ResourceLimitExceeded" in said
    assert f"{base_of(task)}-1 failed" in failure(again(task), try_number=2)


def test_a_request_that_aws_refuses_is_not_sent_again(world: TrainingWorld) -> None:
    task = operator(config={"AlgorithmSpecification": {"TrainingInputMode": "File"}})
    said = failure(task)
    assert said.startswith(f"AirflowFailException: Training job {base_of(task)}-1 is not started")
    assert "ValidationException" in said


def test_a_request_that_boto3_refuses_is_not_sent_again(world: TrainingWorld) -> None:
    task = operator(config={"OutputDataConfig": {}})
    said = failure(task)
    assert said.startswith(f"AirflowFailException: Training job {base_of(task)}-1 is not started")
    assert "S3OutputPath" in said


def test_no_job_is_started_without_data(world: TrainingWorld) -> None:
    from example_jobs import channel

    config = {"InputDataConfig": [channel("train", "s3://bucket/nothing/")]}
    task = operator(config=config)
    said = failure(task)
    assert said.startswith(f"AirflowException: Training job {base_of(task)}-1 has no data: ")
    assert "s3://bucket/nothing/" in said
    assert world.states(base_of(task)) == {}


@pytest.mark.slow
def test_a_retry_adopts_a_job_that_was_completed_while_nobody_looked(
    world: TrainingWorld,
) -> None:
    task = operator(deferrable=True)
    deferred(task)
    world.wait(base_of(task), {"1": "Completed"})
    # Without another deferral: what is over needs no waiting.
    adopted = again(task).execute(context(task, try_number=2))
    assert adopted["Training"]["TrainingJobName"] == f"{base_of(task)}-1"
    assert world.states(base_of(task)) == {"1": "Completed"}
