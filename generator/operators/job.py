"""What the operators share that see a job of AWS through to its end, sync or deferred."""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from generator.operators.attempt import is_tried_again
from generator.operators.job_trigger import (
    ENDED,
    GRACE,
    LATE,
    TRIES_TO_STOP,
    JobTrigger,
    Look,
    Outcome,
    Watched,
)

try:
    from airflow.sdk.exceptions import AirflowException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import AirflowException  # type: ignore[attr-defined]

_PAUSE = 1.0

_log = logging.getLogger(__name__)


def patiently(ask: Callable[[], Any]) -> Any:
    """Return what ``ask`` does; for up to GRACE seconds, again where AWS's failure may pass.

    What is asked for must not do harm when it is done twice. Raises botocore's errors.
    """
    until = time.time() + GRACE
    while True:
        try:
            return ask()
        except (BotoCoreError, ClientError) as error:
            if not _may_pass(error) or time.time() > until:
                raise
            _log.warning("AWS is asked again: %s", error)
        time.sleep(_PAUSE)


def _may_pass(error: Exception) -> bool:
    """Tell whether it is throttling, a failing service or a lost connection."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ParamValidationError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or "Throttl" in error.response["Error"].get("Code", "")


class JobWaiting:
    """Waits for a job, and stops it where the task gives up; put before the provider's operator.

    The operator's ``execute`` must find the job of an earlier try again: it is called once more
    where the triggerer has failed.
    """

    deferrable: bool
    check_interval: int
    timeout: int
    """Seconds of the whole wait."""

    _watched: Watched | None = None
    _context: Any = None

    @abstractmethod
    def finish(self, context: Any, state: str, watched: Watched) -> Any:
        """Return the XCom of a job that has ended in ``state``, or raise with its reason."""

    def wait(self: Any, context: Any, watched: Watched, deadline: float) -> Any:
        """See a job through; ``deadline`` is in seconds since the epoch."""
        self._watched = watched
        look = Look(self.hook.conn, watched, deadline)
        outcome = look.outcome()
        if outcome is None and self.deferrable:
            self.defer(
                trigger=self.trigger(watched, deadline),
                method_name="resume",
            )
        while outcome is None:
            time.sleep(self.check_interval)
            outcome = look.outcome()
        return self._end(context, outcome)

    def trigger(self: Any, watched: Watched, deadline: float) -> JobTrigger:
        """Return what waits for a job in the triggerer, with this operator's connection."""
        tried = self._context["ti"].try_number if self._context else 0
        return JobTrigger(list(watched), self.check_interval, deadline, self.connection, tried)

    @property
    def connection(self: Any) -> dict[str, Any]:
        """The arguments of a hook that reaches AWS as this operator does."""
        return {
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
            "verify": self.verify,
            "config": self.botocore_config,
        }

    def resume(self: Any, context: Any, event: dict[str, Any]) -> Any:
        """Go on after the trigger, with what its event tells."""
        self._watched = Watched(*event["watched"])
        return self._end(context, Outcome(*event["outcome"]))

    def resume_execution(self: Any, next_method: str, next_kwargs: Any, context: Any) -> Any:
        """Called by Airflow after a deferral; ``__fail__`` means that the trigger has failed."""
        if self._is_past(next_kwargs, context):
            self.log.info("Airflow tells of an earlier try; this one begins at the beginning")
            return self.execute(context)
        if next_method != "__fail__":
            return self._go_on(next_method, next_kwargs, context)
        reason = str((next_kwargs or {}).get("error", ""))
        self.deferrable = False
        if "timeout" not in reason.lower():
            self.log.warning("The triggerer cannot wait (%s), so this worker does", reason)
            return self.execute(context)
        self.stop_all(context)
        return self._go_on(next_method, next_kwargs, context)

    def _is_past(self, next_kwargs: Any, context: Any) -> bool:
        """Tell whether a retry is given what the trigger of an earlier try has told.

        Airflow 3.0 forgets to forget it: https://github.com/apache/airflow/issues/56704
        """
        event = (next_kwargs or {}).get("event")
        return isinstance(event, dict) and 0 < event.get("tried", 0) < context["ti"].try_number

    def _go_on(self, next_method: str, next_kwargs: Any, context: Any) -> Any:
        return super().resume_execution(  # type: ignore[misc]
            next_method, next_kwargs, context
        )

    @abstractmethod
    def stop_all(self, context: Any) -> None:
        """Stop what earlier processes of this task have started."""

    def on_kill(self: Any) -> None:
        """Called by Airflow when the task is killed, cleared, or its execution_timeout is over.

        That can be before this process has learned of the job: Airflow 2 counts the time of a
        deferral, and then asks nothing else of the task. Where another try goes on with the job, it
        is left alone.
        """
        if self._context is not None and is_tried_again(self._context):
            self.log.info("Another try of this task goes on with its job")
        elif self._watched is not None:
            self._stop(self._watched)
        elif self._context is not None:
            self.stop_all(self._context)

    def pre_execute(self, context: Any) -> None:
        """Called by Airflow before it begins with the task, and before it goes on with it."""
        super().pre_execute(context)  # type: ignore[misc]
        self._context = context

    def _end(self: Any, context: Any, outcome: Outcome) -> Any:
        watched = self._watched
        if outcome.kind == ENDED:
            return self.finish(context, outcome.detail, watched)
        self._stop(watched)
        name = ", ".join(map(str, watched.request.values()))
        if outcome.kind == LATE:
            ending = "and was stopped" if watched.stop else "and goes on"
            raise AirflowException(f"{name} has not ended within {self.timeout} s {ending}")
        raise AirflowException(f"{name} cannot be looked at: {outcome.detail}")

    def _stop(self: Any, watched: Watched) -> None:
        # A client of its own: the other may be in the middle of a request that was interrupted.
        look = Look(self.hook.get_client_type(region_name=self.region_name), watched, 0)
        for attempt in range(TRIES_TO_STOP):
            try:
                look.stop()
            except (BotoCoreError, ClientError) as error:
                self.log.warning("Stopping %s (%d): %s", watched.request, attempt + 1, error)
            else:
                return
