"""In the middle of a training job something is killed, or a person clears the task.

Real processes get a real SIGKILL, and the run ends right with exactly one job. What a person clears
or marks as failed is really stopped, and exactly one other job begins. The job is held meanwhile,
so that it cannot end too early.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest
from account import Account
from living_airflow import VERSION, LivingAirflow
from training_run import TrainingRun

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Start = Callable[[str], TrainingRun]
SECONDS_WITHOUT_AWS = 10.0

# What Airflow itself does not do in older versions; seen there, with these tests.
retries_the_killed = pytest.mark.skipif(
    VERSION.startswith("3.0"), reason="Airflow 3.0 fails a task whose process was killed at once"
)
clears_the_running = pytest.mark.skipif(
    VERSION.startswith(("2.", "3.0")),
    reason="over REST Airflow 2.11 clears no task that runs, 3.0 leaves it `restarting` for ever",
)
either = pytest.mark.parametrize("dag", ["deferred", "waiting"])


def begin_both(start: Start) -> tuple[list[TrainingRun], list[str]]:
    """Start a run of each kind, one after the other: a job is held before it can end."""
    runs, jobs = [], []
    for dag in ("deferred", "waiting"):
        runs.append(start(dag))
        jobs.append(runs[-1].begin())
    return runs, jobs


def test_the_triggerer_is_killed(airflow: LivingAirflow, account: Account, start: Start) -> None:
    run = start("deferred")
    job = run.begin()
    airflow.kill_part("triggerer")
    airflow.start_part("triggerer")
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}
    assert run.tries == 1


def test_the_triggerer_is_deployed_anew(
    airflow: LivingAirflow, account: Account, start: Start
) -> None:
    run = start("deferred")
    job = run.begin()
    airflow.terminate_part("triggerer")
    assert run.jobs == {job: "InProgress"}
    airflow.start_part("triggerer")
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}


@retries_the_killed
def test_the_task_process_is_killed(account: Account, start: Start) -> None:
    run = start("waiting")
    job = run.begin()
    run.process.kill()
    run.await_try(2)
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}


def test_the_task_is_killed_with_its_worker(account: Account, start: Start) -> None:
    run = start("waiting")
    job = run.begin()
    worker = run.process.parent()
    assert worker
    for process in (worker, *worker.children(recursive=True)):
        process.kill()
    run.await_try(2)
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}


def test_a_worker_hangs_until_another_has_its_task(account: Account, start: Start) -> None:
    run = start("waiting")
    job = run.begin()
    process = run.process
    worker = process.parent()
    assert worker
    for each in (worker, process):
        each.suspend()
    run.await_try(2)
    run.await_process(process)
    for each in (process, worker):
        each.resume()
    psutil.wait_procs([process], timeout=15)  # Airflow 2 lets it live
    assert run.jobs == {job: "InProgress"}
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}


@retries_the_killed
def test_the_task_is_killed_before_aws_has_answered(account: Account, start: Start) -> None:
    # The request is under way for 3 s. The task that sent it never learns what came of it.
    account.cause("slow-answers:sagemaker.CreateTrainingJob")
    run = start("deferred")
    account.await_strike()
    run.process.kill()
    run.await_try(2)
    assert run.await_end() == "success"
    assert list(run.jobs.values()) == ["Completed"]


def test_the_scheduler_is_killed_with_its_tasks(
    airflow: LivingAirflow, account: Account, start: Start
) -> None:
    runs, jobs = begin_both(start)
    airflow.kill_part("scheduler")
    airflow.start_part("scheduler")
    runs[1].await_try(2)
    for job in jobs:
        account.release(job)
    assert [run.await_end() for run in runs] == ["success", "success"]
    assert [run.jobs for run in runs] == [{job: "Completed"} for job in jobs]


# The emulated AWS keeps what it knows in memory, the real one does not lose it. So there are two
# tests: in the first AWS goes on and nobody reaches it, as when a network dies; in the second it
# has forgotten everything, which shows that even then nothing waits for ever or is left behind.
def test_nobody_reaches_aws_for_a_while(account: Account, start: Start) -> None:
    runs, jobs = begin_both(start)
    account.kill_door()
    for job in jobs:
        account.release(job)
    time.sleep(SECONDS_WITHOUT_AWS)
    account.open_door()
    assert [run.await_end() for run in runs] == ["success", "success"]
    assert [run.jobs for run in runs] == [{job: "Completed"} for job in jobs]


def test_aws_is_killed_and_has_forgotten_everything(account: Account, start: Start) -> None:
    runs, jobs = begin_both(start)
    account.kill()
    account.begin_anew()
    ends = [run.await_end() for run in runs]
    for run, job, end in zip(runs, jobs, ends, strict=True):
        assert list(run.jobs.values()) == (["Completed"] if end == "success" else [])
        assert "not found" in run.log
        assert account.processes(job) == []


@pytest.mark.parametrize("dag", ["deferred", pytest.param("waiting", marks=clears_the_running)])
def test_a_task_is_cleared(account: Account, start: Start, dag: str) -> None:
    run = start(dag)
    job = run.begin()
    run.clear()
    run.await_job(job, "Stopping")
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs[job] == "Stopped"
    assert list(run.jobs.values()) == ["Stopped", "Completed"]


@either
def test_a_task_is_marked_failed_and_cleared_later(
    account: Account, start: Start, dag: str
) -> None:
    run = start(dag)
    job = run.begin()
    run.mark_failed()
    run.await_job(job, "Stopping")
    account.release(job)
    assert run.await_end() == "failed"
    run.await_job(job, "Stopped")
    run.clear()
    assert run.await_end() == "success"
    assert list(run.jobs.values()) == ["Stopped", "Completed"]


def test_a_task_is_cleared_while_there_is_no_triggerer(
    airflow: LivingAirflow, account: Account, start: Start
) -> None:
    run = start("deferred")
    job = run.begin()
    airflow.kill_part("triggerer")
    run.clear()
    run.await_job(job, "Stopping")  # it is the next try that stops it
    account.release(job)
    airflow.start_part("triggerer")
    assert run.await_end() == "success"
    assert list(run.jobs.values()) == ["Stopped", "Completed"]
