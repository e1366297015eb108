"""What runs is killed in the middle of a training job: the run ends right, with exactly one job."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest
from account import Account
from living_airflow import LivingAirflow
from training_run import TrainingRun

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Start = Callable[[str], TrainingRun]


def test_the_triggerer_is_killed(airflow: LivingAirflow, account: Account, start: Start) -> None:
    run = start("deferred")
    job = run.begin()
    airflow.kill_part("triggerer")
    airflow.start_part("triggerer")
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}


def test_the_task_process_is_killed(
    airflow: LivingAirflow, account: Account, start: Start
) -> None:
    run = start("waiting")
    job = run.begin()
    psutil.Process(run.process).kill()
    account.release(job)
    assert run.await_end() == "success"
    assert run.jobs == {job: "Completed"}
