"""A training task judges its job rightly and says why it has not completed, sync and deferred."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from training_world import TrainingWorld, again, failure, operator, run, training_world

pytestmark = pytest.mark.parametrize("deferrable", [False, True], ids=["sync", "deferred"])


@pytest.fixture(scope="module")
def world() -> Iterator[TrainingWorld]:
    with training_world() as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults_afterwards(world: TrainingWorld) -> Iterator[None]:
    yield
    world.emulated.faults = []


@pytest.mark.slow
def test_a_retry_adopts_the_completed_job_and_a_clear_does_not(
    world: TrainingWorld, deferrable: bool
) -> None:
    task = operator(deferrable=deferrable)
    base = task.config["TrainingJobName"]
    result = run(task)
    assert result["Training"]["TrainingJobName"] == f"{base}-1"
    assert result["Training"]["TrainingJobStatus"] == "Completed"
    model = f"s3://bucket/models/{base}-1/output/model.tar.gz"
    assert result["Training"]["ModelArtifacts"] == {"S3ModelArtifacts": model}
    assert run(again(task), try_number=2)["Training"]["TrainingJobName"] == f"{base}-1"
    assert world.states(base) == {"1": "Completed"}
    cleared = run(again(task), try_number=3, max_tries=2 + 1)
    assert cleared["Training"]["TrainingJobName"] == f"{base}-3"
    assert world.states(base) == {"1": "Completed", "3": "Completed"}


def test_the_reason_of_a_failure_and_the_end_of_the_log_are_told(
    world: TrainingWorld, deferrable: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    world.emulated.faults = ["job-fails"]
    task = operator(deferrable=deferrable)
    said = failure(task)
    base = task.config["TrainingJobName"]
    assert said.startswith(f"AirflowException: Training job {base}-1 failed: AlgorithmError: ")
    _, *log = said.splitlines()
    assert log
    assert "(no log" not in log[0]
    assert f"The end of the log of {base}-1:\n" + "\n".join(log) in capsys.readouterr().out


def test_a_missing_log_does_not_hide_the_reason(world: TrainingWorld, deferrable: bool) -> None:
    world.emulated.faults = ["job-fails", "log-group-missing"]
    reason, log = failure(operator(deferrable=deferrable)).splitlines()[:2]
    assert "failed: AlgorithmError: " in reason
    assert log.startswith("(no log: ")


def test_a_retry_after_a_failure_starts_the_next_job(
    world: TrainingWorld, deferrable: bool
) -> None:
    world.emulated.faults = ["job-fails=2"]
    task = operator(deferrable=deferrable)
    base = task.config["TrainingJobName"]
    failure(task)
    assert f"{base}-2 failed" in failure(again(task), try_number=2)
    assert world.states(base) == {"1": "Failed", "2": "Failed"}


def test_a_job_that_takes_too_long_says_which_limit_to_raise_and_is_not_tried_again(
    world: TrainingWorld, deferrable: bool
) -> None:
    world.emulated.faults = ["job-never-ends"]
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    said = failure(operator(deferrable=deferrable, config=limit))
    assert said.startswith("AirflowFailException: ")
    assert "it ran for 1 s, the max_runtime of `training`; raise it" in said


def test_with_checkpoints_a_retry_of_a_job_that_took_too_long_makes_sense(
    world: TrainingWorld, deferrable: bool
) -> None:
    world.emulated.faults = ["job-never-ends"]
    config = {
        "StoppingCondition": {"MaxRuntimeInSeconds": 1},
        "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints/"},
    }
    said = failure(operator(deferrable=deferrable, config=config))
    assert said.startswith("AirflowException: ")
    assert "max_runtime" in said


def test_a_job_that_somebody_stops_fails_the_task(world: TrainingWorld, deferrable: bool) -> None:
    world.emulated.faults = ["job-stops"]
    said = failure(operator(deferrable=deferrable))
    assert "was stopped, by a person or a program outside of this task" in said


def test_a_lack_of_capacity_is_told_in_the_words_of_aws(
    world: TrainingWorld, deferrable: bool
) -> None:
    world.emulated.faults = ["capacity"]
    said = failure(operator(deferrable=deferrable))
    assert said.startswith("AirflowException: ")
    assert "CapacityError: Unable to provision requested ML compute capacity" in said


def test_the_timeout_stops_the_job(world: TrainingWorld, deferrable: bool) -> None:
    world.emulated.faults = ["job-never-ends"]
    task = operator(deferrable=deferrable, timeout=2)
    base = task.config["TrainingJobName"]
    said = failure(task)
    assert f"{base}-1 has not ended within 2 s and was stopped" in said
    world.wait(base, {"1": "Stopped"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "duplicate-delivery:sagemaker.CreateTrainingJob",
        "connection-drops:sagemaker.*",
        "not-found-once",
        "server-error:sagemaker.*",
        "throttling:sagemaker.*",
    ],
)
def test_what_passes_costs_no_second_job(
    world: TrainingWorld, deferrable: bool, fault: str
) -> None:
    world.emulated.faults = [fault, "job-fails"]
    task = operator(deferrable=deferrable)
    base = task.config["TrainingJobName"]
    assert f"Training job {base}-1 failed: AlgorithmError: " in failure(task)
    assert world.emulated.struck
    world.emulated.faults = []
    assert world.states(base) == {"1": "Failed"}
