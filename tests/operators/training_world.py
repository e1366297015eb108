"""An emulated AWS with training data, and a stand-in for Airflow that runs one try of a task."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.serde import deserialize, serialize
from examples import ROOT

from generator.local.aws.server import EmulatedAws
from generator.operators.job_trigger import JobTrigger
from generator.operators.training import TrainingOperator

sys.path.append(str(ROOT / "tests" / "local"))
_numbers = itertools.count(1)


class TrainingWorld:
    """The emulated AWS with data in s3://bucket/data/, and what tests ask of its training jobs."""

    def __init__(self, emulated: EmulatedAws) -> None:
        from example_jobs import Aws, example_rows

        self.emulated = emulated
        self.aws = Aws(emulated)
        self.aws.put_rows("data/train/part-0.csv", example_rows(300, seed=1))
        self.aws.put_rows("data/validation/part-0.csv", example_rows(300, seed=2))

    def states(self, base: str) -> dict[str, str]:
        """The status of every job whose name begins so, by the number at its end."""
        jobs = self.aws.sagemaker.list_training_jobs(NameContains=f"{base}-")
        return {
            job["TrainingJobName"].removeprefix(f"{base}-"): job["TrainingJobStatus"]
            for job in jobs["TrainingJobSummaries"]
        }

    def wait(self, base: str, expected: dict[str, str]) -> None:
        """Wait until the jobs that begin so are in these states."""
        from example_jobs import wait_for

        wait_for(lambda: self.states(base), lambda seen: seen == expected, seconds=30)


@contextmanager
def training_world() -> Iterator[TrainingWorld]:
    with EmulatedAws() as emulated, pytest.MonkeyPatch.context() as patch:
        for name, value in emulated.environment.items():
            patch.setenv(name, value)
        made = TrainingWorld(emulated)
        yield made
        for client in made.aws.clients.values():
            client.close()


def operator(base: str = "", **changed: Any) -> TrainingOperator:
    """An operator whose job's name begins with ``base``, or with one of its own."""
    from example_jobs import training_request

    name = {"TrainingJobName": base or f"churn-{next(_numbers)}"}
    config = training_request(**{**changed.pop("config", {}), **name})
    fields = {
        "task_id": "train",
        "retries": 1,
        "deferrable": False,
        "check_interval": 0.2,
        "timeout": 60,
    }
    return TrainingOperator(config=config, **{**fields, **changed})


def again(task: TrainingOperator, **changed: Any) -> TrainingOperator:
    """The operator as another process of the same task has it."""
    names = ("retries", "deferrable", "check_interval", "timeout")
    same = {name: getattr(task, name) for name in names}
    return operator(task.config["TrainingJobName"], **{**same, "config": task.config, **changed})


def context(task: Any, try_number: int = 1, max_tries: int | None = None) -> Any:
    """The context of a try; ``max_tries`` grows when somebody clears the task."""
    ti = SimpleNamespace(
        try_number=try_number,
        max_tries=task.retries if max_tries is None else max_tries,
        task=task,
        dag_id="churn",
        task_id=task.task_id,
        run_id="a run",
        map_index=-1,
    )
    return {"ti": ti, "task_instance": ti, "task": task}


def run(task: TrainingOperator, **tries: Any) -> Any:
    """Run a try as Airflow does, in a new process (another operator) after each deferral."""
    begin: Callable[[], Any] = lambda: task.execute(context(task, **tries))  # noqa: E731
    while True:
        try:
            return begin()
        except TaskDeferred as deferral:
            event = wait_in_triggerer(deferral)
            begin = _resumption(again(task), deferral, event, tries)


def _resumption(task: Any, deferral: TaskDeferred, event: Any, tries: Any) -> Callable[[], Any]:
    arguments = {**(deferral.kwargs or {}), "event": event}
    return lambda: task.resume_execution(deferral.method_name, arguments, context(task, **tries))


def wait_in_triggerer(deferral: TaskDeferred) -> Any:
    """What the trigger tells, once it has been through Airflow's database and back."""
    return asyncio.run(first_event(stored(deferral.trigger)))


def stored(trigger: Any) -> JobTrigger:
    """The trigger as the triggerer makes it of what Airflow's database has."""
    path, fields = trigger.serialize()
    assert path == f"{JobTrigger.__module__}.{JobTrigger.__qualname__}"
    return JobTrigger(**deserialize(serialize(fields)))


async def first_event(trigger: JobTrigger) -> Any:
    async for event in trigger.run():
        return deserialize(serialize(event.payload))
    raise AssertionError("the trigger ended without an event")


def deferred(task: TrainingOperator, **tries: Any) -> TaskDeferred:
    """How a task defers itself."""
    with pytest.raises(TaskDeferred) as caught:
        task.execute(context(task, **tries))
    return caught.value


def failure(task: TrainingOperator, **tries: Any) -> str:
    """What a try fails with: the error's class and text."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each test looks at the words)
        run(task, **tries)
    return f"{type(caught.value).__name__}: {caught.value}"
