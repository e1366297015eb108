"""A trigger that is cancelled passes on why, at whatever moment: by it Airflow calls on_kill."""

from __future__ import annotations

import asyncio
import time

import pytest

from generator.operators.job_trigger import JobTrigger, Look

WATCHED = ["sagemaker", "describe_training_job", {}, ["TrainingJobStatus"], ["InProgress"]]


class SlowTrigger(JobTrigger):
    """Takes half a second to reach AWS, and as long for a look."""

    def _connect(self) -> Look:
        time.sleep(0.5)
        return SlowLook(None, self.watched, self.deadline)  # type: ignore[arg-type]


class SlowLook(Look):
    def outcome(self) -> None:
        time.sleep(0.5)


@pytest.mark.parametrize("moment", [0.05, 0.3, 0.8], ids=["pause", "connection", "look"])
def test_the_reason_is_not_lost(moment: float) -> None:
    async def cancelled() -> asyncio.CancelledError:
        trigger = SlowTrigger(WATCHED, 0.1, time.time() + 60, {})
        task = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.sleep(moment)
        task.cancel("user-action")
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    assert asyncio.run(cancelled()).args == ("user-action",)
