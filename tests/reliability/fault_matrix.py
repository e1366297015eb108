"""Every fault at every stage, deferred and not: the run ends rightly, and nothing is left behind.

Airflow decides, runs and retries for real in one process (``dag.test()``), where a trigger runs in
the task's own process; tests/kills/ has real triggerers. Two modules collect these tests, so that
they can run at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from fault_world import FaultWorld, fault_world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BOUND = 150
"""Seconds within which every run must end, on a slow machine with a task's one retry."""

LIVE = {"InProgress", "Stopping", "STARTING", "RUNNING", "STOPPING", "WAITING"}


class Case(NamedTuple):
    """Faults, and how a run with them must end: state, number of jobs, words that are logged."""

    fault: str
    state: str = "success"
    jobs: int = 1
    words: str = ""


PASSING = (
    Case("throttling"),
    Case("server-error"),
    Case("slow-answers"),
    Case("connection-drops"),
    Case("duplicate-delivery"),
    Case("not-found-once"),
)
"""What passes is not even a reason for a second job."""

GLUE = (
    *PASSING,
    Case("job-fails", jobs=2, words="failed"),
    Case("job-fails=2", "failed", 2, "Run jr_.* of .*prepared_prepare failed"),
    Case("job-stops=2", "failed", 2, "was stopped before its end"),
    Case("job-never-ends=2", "failed", 2, "took longer than its timeout of 1 minutes"),
    Case("object-missing:clean.py", jobs=2, words="clean.py"),
    Case("object-truncated:clean.py", jobs=2, words="SyntaxError"),
    Case("throttling:glue.StartJobRun=9", words="ThrottlingException"),
    Case("connection-drops:glue.StartJobRun=9", words="was not started"),
)
TRAINING = (
    *PASSING,
    Case("resource-limit", words="ResourceLimitExceeded"),
    Case("capacity", jobs=2, words="CapacityError"),
    Case("job-fails", jobs=2, words="Training job trained-.*-1 failed: "),
    Case("job-fails=2", "failed", 2, "Training job trained-.*-2 failed: "),
    Case("job-stops=2", "failed", 2, "was stopped, by a person or a program outside"),
    Case("spot-interruption"),
    Case("throttling:sagemaker.CreateTrainingJob=6", words="ThrottlingException"),
    Case("connection-drops:sagemaker.CreateTrainingJob=6", words="Connection was closed"),
    Case("object-missing:rows/train", jobs=2, words="NoSuchKey|no data|not there|404|Not Found"),
)
ENDPOINT = (
    # The stage's own requests: what the training asks for has had its faults above.
    *(Case(f"{case.fault}:*.*Endpoint* {case.fault}:*.*Model*") for case in PASSING),
    Case("resource-limit", words="ResourceLimitExceeded"),
    Case("capacity:sagemaker.UpdateEndpoint", words="rolled back"),
    Case("endpoint-rolls-back", words="rolled back; it still serves"),
    Case("endpoint-rolls-back=2", "failed", words="rolled back; it still serves"),
    Case("object-missing:model", words="rolled back"),
    Case("object-truncated:model", words="rolled back"),
    Case("throttling:sagemaker.UpdateEndpoint=6", words="ThrottlingException"),
)


@pytest.fixture(scope="module")
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultWorld]:
    from generator.local.aws import glue_runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glue_runs, "SECONDS_PER_MINUTE", 6)
        with fault_world(tmp_path_factory.mktemp("faults"), request.module.DEFERRABLE) as world:
            world.new_rows()
            yield world


@pytest.fixture(autouse=True)
def no_fault_remains(world: FaultWorld) -> Iterator[None]:
    yield
    world.aws.faults = []


def judge(world: FaultWorld, dag: str, case: Case) -> None:
    """Run a pipeline with a fault and hold its end against the case."""
    before = world.jobs(dag)
    world.aws.faults = case.fault.split()
    ended = world.runs.run(dag, BOUND)
    made = {name: state for name, state in world.jobs(dag).items() if name not in before}
    fault = re.split("[:=]", case.fault)[0]
    assert fault in {struck.partition(" ")[0] for struck in world.aws.struck}
    assert ended.state == case.state, ended.log[-6_000:]
    assert len(made) == case.jobs, (made, ended.log[-6_000:])
    assert not LIVE & set(made.values())
    assert world.running_jobs() == []
    assert re.search(case.words, ended.log), ended.log[-6_000:]


@pytest.mark.parametrize("case", GLUE, ids=lambda case: case.fault)
def test_a_glue_job(world: FaultWorld, case: Case) -> None:
    judge(world, "prepared", case)


@pytest.mark.parametrize("case", TRAINING, ids=lambda case: case.fault)
def test_a_training_job(world: FaultWorld, case: Case) -> None:
    judge(world, "trained", case)


def test_a_training_job_that_never_ends_is_stopped_and_not_repeated(world: FaultWorld) -> None:
    judge(world, "limited", Case("job-never-ends", "failed", 1, "max_runtime of `training`"))


def test_the_reason_is_told_where_the_log_is_missing(world: FaultWorld) -> None:
    before = world.jobs("trained")
    world.aws.faults = ["job-fails=2", "log-group-missing"]
    ended = world.runs.run("trained", BOUND)
    assert ended.state == "failed"
    assert len(world.jobs("trained")) - len(before) == 2
    assert re.search(r"Training job trained-.*-2 failed: \w+", ended.log)
    assert "(no log: " in ended.log


def test_a_refused_model_ends_the_run_with_its_numbers(world: FaultWorld) -> None:
    ended = world.runs.run("gated", BOUND)
    assert ended.state == "failed"
    assert ended.tasks["evaluate"] == ["failed", 1]
    assert re.search(r"validation:auc is 0\.\d+, and must be >= 1\.1", ended.log)


def test_a_refused_model_can_end_the_run_well_without_a_deployment(world: FaultWorld) -> None:
    ended = world.runs.run("skipped", BOUND)
    assert ended.state == "success"
    states = {task: state for task, (state, _) in ended.tasks.items()}
    assert states.pop("train") == "success"
    assert set(states.values()) == {"skipped"}
    assert re.search(r"validation:auc is 0\.\d+, and must be >= 1\.1", ended.log)


@pytest.mark.parametrize("case", ENDPOINT, ids=lambda case: case.fault)
def test_an_endpoint_serves_the_old_or_the_new_model_at_every_moment(
    world: FaultWorld, case: Case
) -> None:
    if not world.clients["sagemaker"].list_endpoints()["Endpoints"]:
        assert world.runs.run("served", BOUND).state == "success"
    world.new_rows()
    before = world.endpoint("served")["EndpointConfigName"]
    with world.client("served") as client:
        old = client.ask()
        judge(world, "served", case)
        new = client.ask()
    assert client.failures == []
    assert client.asked > 10
    assert client.answers <= {old, new}
    after = world.endpoint("served")
    assert after["EndpointStatus"] == "InService"
    assert (after["EndpointConfigName"] != before) == (case.state == "success")
    assert (new != old) == (case.state == "success")


def test_a_first_creation_that_fails_is_made_anew_by_the_retry(world: FaultWorld) -> None:
    judge(world, "stuck", Case("endpoint-rolls-back", words="stuck is Failed"))
    assert world.endpoint("stuck")["EndpointStatus"] == "InService"


def test_an_endpoint_that_could_not_be_rolled_back_is_not_touched_again(world: FaultWorld) -> None:
    world.new_rows()
    with world.client("stuck") as client:
        judge(world, "stuck", Case("endpoint-rollback-fails", "failed", 1, "UpdateRollbackFailed"))
    assert client.failures == []
    assert world.endpoint("stuck")["EndpointStatus"] == "UpdateRollbackFailed"
