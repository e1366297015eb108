"""Waiting for a job of AWS: one look at it, and the trigger that looks until the job has ended.

``pipelines bundle`` brings this module to the triggerer, which has nothing else of ours: it
imports none of our other modules.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, NamedTuple

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async
from botocore.exceptions import BotoCoreError, ClientError

GRACE = 60.0
"""Seconds in which AWS may not know yet, or not everywhere, what it has just made."""

TRIES_TO_STOP = 3
"""Each is several requests, as botocore repeats what may pass."""

ENDED, LATE, GONE, REFUSED = "ended", "late", "gone", "refused"
"""How a wait ends: the job has; its time is over; there is no such job; AWS does not tell."""

_UNKNOWN = ("EntityNotFound", "ResourceNotFound", "could not find", "not found")
_REFUSALS = ("AccessDenied", "ValidationException", "InvalidInput", "UnrecognizedClient")


class Watched(NamedTuple):
    """A job, as data: how it is asked for its state and how it is stopped.

    ``state`` is where in the answer of ``describe`` its state is, ``live`` the states from which it
    goes on. Without ``stop`` it cannot be stopped. ``purpose`` is for the operator to know again
    what it waits for.
    """

    service: str
    describe: str
    request: dict[str, Any]
    state: list[str]
    live: list[str]
    stop: str = ""
    stop_request: dict[str, Any] | None = None
    purpose: str = ""


class Outcome(NamedTuple):
    """How a wait has ended, with the job's last state or what AWS said."""

    kind: str
    detail: str = ""


class Look:
    """Looks at a job again and again; what passes is not the end of the wait.

    ``deadline`` is in seconds since the epoch.
    """

    def __init__(self, client: Any, watched: Watched, deadline: float) -> None:
        self._client, self._watched, self._deadline = client, watched, deadline
        self._unknown_since: float | None = None

    def outcome(self) -> Outcome | None:
        """Ask once; return None while the job goes on."""
        watched, now = self._watched, time.time()
        try:
            answer = getattr(self._client, watched.describe)(**watched.request)
        except (BotoCoreError, ClientError) as error:
            found = self._judge(error, now)
        else:
            self._unknown_since = None
            for key in watched.state:
                answer = answer[key]
            found = None if answer in watched.live else Outcome(ENDED, answer)
        return found or (Outcome(LATE) if now > self._deadline else None)

    def _judge(self, error: Exception, now: float) -> Outcome | None:
        """Return None for what may pass: throttling, a failing service, a lost connection."""
        if is_unknown(error):
            self._unknown_since = self._unknown_since or now
            return Outcome(GONE, str(error)) if now - self._unknown_since > GRACE else None
        return Outcome(REFUSED, str(error)) if is_refusal(error) else None

    def stop(self) -> None:
        """Ask AWS to end the job; one that has ended is no error. Raises botocore's others."""
        if not self._watched.stop:
            return
        try:
            getattr(self._client, self._watched.stop)(**(self._watched.stop_request or {}))
        except ClientError as error:
            if error.response["Error"].get("Code") != "ValidationException":
                raise


def is_unknown(error: Exception) -> bool:
    """Tell whether AWS says that it knows no such thing: SageMaker's code tells only a mistake."""
    if not isinstance(error, ClientError):
        return False
    said = error.response["Error"]
    text = f"{said.get('Code', '')} {said.get('Message', '')}"
    return any(words.lower() in text.lower() for words in _UNKNOWN)


def is_refusal(error: Exception) -> bool:
    """Tell whether AWS would answer the same request in the same way again."""
    if not isinstance(error, ClientError):
        return False
    return str(error.response["Error"].get("Code", "")).startswith(_REFUSALS)


class JobTrigger(BaseTrigger):
    """Waits for a job until it has ended or ``deadline``, in seconds since the epoch, has come.

    The triggers of the provider give up after a number of attempts while the job goes on, forget
    the region (https://github.com/apache/airflow/issues/72144), and leave the job running when a
    user clears the task or marks it failed (https://github.com/apache/airflow/issues/36090).

    ``watched`` are the fields of Watched, ``hook`` the arguments of AwsGenericHook but the client's
    type, ``interval`` the seconds between two looks, ``tried`` the number of the task's try, 0
    where it is not known. The event tells the fields of the Outcome, and again those of Watched and
    the try.
    """

    def __init__(
        self,
        watched: list[Any],
        interval: float,
        deadline: float,
        hook: dict[str, Any],
        tried: int = 0,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.watched, self.interval, self.deadline, self.hook = watched, interval, deadline, hook
        self.tried = tried
        self._look: Look | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("watched", "interval", "deadline", "hook", "tried")
        fields = {name: getattr(self, name) for name in names}
        return "generator.operators.job_trigger.JobTrigger", fields

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            while True:
                # First a pause: the scheduler must have noted that the task is deferred.
                await asyncio.sleep(self.interval)
                outcome = await self._ask()
                if outcome is not None:
                    told = {
                        "outcome": list(outcome),
                        "watched": self.watched,
                        "tried": self.tried,
                    }
                    yield TriggerEvent(told)  # type: ignore[no-untyped-call]
                    return
        except asyncio.CancelledError:
            # From Airflow 3.3 on on_kill is called; before, this is all that there is.
            if not hasattr(BaseTrigger, "on_kill") and not _all_end():
                await _undisturbed(self._stop_where_over())
            raise

    async def on_kill(self) -> None:
        """Stop the job: a user has cleared the task, or marked it failed or successful."""
        await _undisturbed(self._stop())

    async def _stop_where_over(self) -> None:
        if await self._is_over():
            await self._stop()

    async def _stop(self) -> None:
        look = self._look or await sync_to_async(self._connect)()
        self.log.info("The task is over, so its job is stopped: %s", self.watched)
        for _ in range(TRIES_TO_STOP):
            try:
                await asyncio.to_thread(look.stop)
            except (BotoCoreError, ClientError) as error:
                self.log.warning("It could not be stopped: %s", error)
            else:
                return

    async def _ask(self) -> Outcome | None:
        try:
            if self._look is None:
                # The connection is asked of Airflow, which answers in this thread's loop only.
                # Shielded, because sync_to_async forgets the message of a cancellation, by which
                # Airflow knows that on_kill is to be called.
                self._look = await asyncio.shield(sync_to_async(self._connect)())
            return await asyncio.to_thread(self._look.outcome)
        except Exception as error:  # no connection, no credentials yet: another look may see more
            self.log.warning("No look at the job: %s", error)
            return Outcome(LATE, str(error)) if time.time() > self.deadline else None

    def _connect(self) -> Look:
        watched = Watched(*self.watched)
        hook: AwsGenericHook[Any] = AwsGenericHook(client_type=watched.service, **self.hook)
        return Look(hook.get_conn(), watched, self.deadline)

    async def _is_over(self) -> bool:
        """Tell a user's doing from a triggerer that only shuts down: the task is not deferred."""
        ti = self.task_instance
        try:
            state = await sync_to_async(state_of)(ti)
        except Exception as error:  # what cannot be known must not cost a job that goes on
            self.log.warning("The state of the task is not known: %s", error)
            return False
        return str(state or "none") != "deferred"


async def _undisturbed(work: Coroutine[Any, Any, None]) -> None:
    """Finish some work although it is cancelled again: Airflow does so every second until the end.

    A triggerer that shuts down cancels the work itself, which ends it.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)


def _all_end() -> bool:
    """Tell whether the triggerer shuts down: it then ends every task, and answers no question."""
    return all(task.cancelling() for task in asyncio.all_tasks())


def state_of(ti: Any) -> Any:
    """Return the state of a task instance as Airflow's database has it."""
    try:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    except ImportError:  # Airflow 2
        return _state_in_database(ti)
    states = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id], map_index=ti.map_index
    )
    return states.get(ti.run_id, {}).get(ti.task_id)


def _state_in_database(ti: Any) -> Any:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(TaskInstance).filter(
            TaskInstance.dag_id == ti.dag_id,
            TaskInstance.task_id == ti.task_id,
            TaskInstance.run_id == ti.run_id,
            TaskInstance.map_index == ti.map_index,
        )
        stored = found.one_or_none()
        return stored and stored.state
