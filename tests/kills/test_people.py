"""A person clears a task or marks it failed: its job is stopped, and at most one new job begins."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from account import Account
from living_airflow import LivingAirflow
from training_run import TrainingRun

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Start = Callable[[str], TrainingRun]
either = pytest.mark.parametrize("dag", ["deferred", "waiting"])


@either
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
