"""A trigger that Airflow cancels: with a message by which it calls on_kill, and once a second."""

from __future__ import annotations

import asyncio
import time

import pytest

from generator.operators.job_trigger import JobTrigger, Look, Watched

WATCHED = ["sagemaker", "describe_training_job", {}, ["TrainingJobStatus"], ["InProgress"]]


class SlowLook(Look):
    """Takes half a second for everything."""

    stopped = 0

    def outcome(self) -> None:
        time.sleep(0.5)

    def stop(self) -> None:
        time.sleep(0.5)
        self.stopped += 1


class SlowTrigger(JobTrigger):
    """Takes half a second to reach AWS."""

    def __init__(self) -> None:
        super().__init__(WATCHED, 0.1, time.time() + 60, {})
        self.look = SlowLook(None, Watched(*WATCHED), self.deadline)  # type: ignore[arg-type]

    def _connect(self) -> Look:
        time.sleep(0.5)
        return self.look


@pytest.mark.parametrize("moment", [0.05, 0.3, 0.8], ids=["pause", "connection", "look"])
def test_the_reason_is_not_lost(moment: float) -> None:
    async def cancelled() -> asyncio.CancelledError:
        task = asyncio.ensure_future(anext(SlowTrigger().run()))
        await asyncio.sleep(moment)
        task.cancel("user-action")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    assert asyncio.run(cancelled()).args == ("user-action",)


def test_the_job_is_stopped_although_airflow_cancels_again() -> None:
    async def stopped() -> int:
        trigger = SlowTrigger()
        task = asyncio.ensure_future(trigger.on_kill())
        for _ in range(3):
            await asyncio.sleep(0.3)
            task.cancel("user-action")
        await asyncio.wait([task])
        return trigger.look.stopped

    assert asyncio.run(stopped()) == 1


def test_a_triggerer_that_shuts_down_ends_what_it_was_doing() -> None:
    trigger = SlowTrigger()

    async def begin() -> asyncio.Task[None]:
        task = asyncio.ensure_future(trigger.on_kill())
        await asyncio.sleep(0.1)
        return task

    assert asyncio.run(begin()).done()
    assert trigger.look.stopped == 0
