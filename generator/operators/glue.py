"""GlueOperator: a Glue job run that is started once, judged rightly and never left behind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook
from airflow.providers.amazon.aws.hooks.sts import StsHook
from airflow.providers.amazon.aws.links.glue import GlueJobRunDetailsLink
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from generator.operators.attempt import first_try
from generator.operators.glue_failure import last_words, reason
from generator.operators.glue_job import apply
from generator.operators.glue_run import (
    GOES_ON,
    LIVE,
    GlueRuns,
    JobRun,
    NoRoomError,
)
from generator.operators.job import JobWaiting, patiently
from generator.operators.job_trigger import Watched, is_refusal

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import (  # type: ignore[no-redef, attr-defined]
        AirflowException,
        AirflowFailException,
    )


class GlueOperator(JobWaiting, GlueJobOperator):
    """Brings a Glue job up to date and sees one run of it through to its end.

    Holes of the stock operator that this one closes:

    - a task that is killed, cleared or timed out leaves its run going and billing, and a retry
      starts a second one beside it: https://github.com/apache/airflow/issues/59075;
    - STOPPED counts as success, ERROR and EXPIRED are asked for until the task's own end:
      https://github.com/apache/airflow/issues/71490;
    - a definition with tags cannot be updated before provider 9.34, and a changed one is ignored
      where ``update_config`` is not given: https://github.com/apache/airflow/pull/68711;
    - ConcurrentRunsExceededException fails the task instead of letting it wait;
    - the reason of a failure stays in AWS: https://github.com/apache/airflow/issues/64095.

    ``run`` names the run of the DAG (a template): the tries of one attempt find their job run
    again by it, and one from before a clear is stopped. ``check_interval`` are the seconds between
    two looks at the run, ``timeout`` those of the whole wait, after which the run is stopped.
    Returns the id of the job run.
    """

    template_fields: Sequence[str] = (*GlueJobOperator.template_fields, "run")

    def __init__(self, *, run: str, timeout: int, check_interval: int = 30, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.timeout = timeout
        self.check_interval = check_interval

    def execute(self, context: Any) -> str:
        """Go on with the run that an earlier try has started, or start one; wait for its end."""
        return self.begin(context, time.time() + self.timeout)

    def begin(self, context: Any, deadline: float, event: object = None) -> str:
        """Do what ``execute`` does until ``deadline``, in seconds since the epoch.

        Called again by Airflow after a wait for room, whose ``event`` does not matter.
        """
        runs = self._runs(context)
        while True:
            own = self._cleared(runs, deadline)
            earlier = runs.usable(own)
            try:
                run = earlier["Id"] if earlier else self._start(runs, own)
                break
            except NoRoomError as full:
                self._wait_for_room(runs, deadline, full)
        if earlier:
            self.log.info("An earlier try has started %s: %s", run, earlier["JobRunState"])
        self._show(context, run)
        return str(self.wait(context, self._watch(run), deadline))

    def finish(self, context: Any, state: str, watched: Watched) -> str:
        """Return the id of a run that has succeeded; raise with what Glue and its log say."""
        run = str(watched.request["RunId"])
        if state == "SUCCEEDED":
            return run
        described: JobRun = {"JobRunState": state}
        try:
            described = patiently(lambda: self.hook.conn.get_job_run(**watched.request))["JobRun"]
        except (BotoCoreError, ClientError) as error:
            self.log.warning("The reason is not known: %s", error)
        said = f"Run {run} of Glue job {self.job_name} {reason(described)}"
        self.log.error("%s", said)  # on one line, which a rendered traceback is not
        lines = last_words(AwsLogsHook(**self.connection).conn, run, described)
        raise AirflowException("\n".join([said, *lines]))

    def stop_all(self, context: Any) -> None:
        """Stop every run that this run of the DAG has started and that is alive."""
        # A client of its own: the other may be in the middle of a request that was interrupted.
        client = self.hook.get_client_type()
        GlueRuns(client, client, self.job_name, self.run, 0).stop_all()

    def on_kill(self) -> None:
        """Stop the run; one whose id is not known yet is looked for."""
        if self._watched is not None:
            super().on_kill()
        else:
            self.stop_all(None)

    @cached_property
    def _once(self) -> Any:
        """A client that repeats no request by itself: StartJobRun must not be sent unseen."""
        config = self.hook.config.merge(Config(retries={"total_max_attempts": 1}))
        return self.hook.get_client_type(config=config)

    def _runs(self, context: Any) -> GlueRuns:
        first = first_try(context)
        return GlueRuns(self.hook.conn, self._once, self.job_name, self.run, first)

    def _cleared(self, runs: GlueRuns, deadline: float) -> list[JobRun]:
        """Return the runs of this attempt, once those from before a clear have ended."""
        while True:
            own, older = patiently(runs.find)
            if alive := [run["Id"] for run in older if run["JobRunState"] in LIVE]:
                self.log.info("Stopping %s, from before the task was cleared", ", ".join(alive))
                runs.stop(alive)
            elif all(run["JobRunState"] != "STOPPING" for run in (*own, *older)):
                return own
            self._pause(deadline, "an earlier run has been told to stop and does not")

    def _start(self, runs: GlueRuns, own: list[JobRun]) -> str:
        definition = self.hook.create_glue_job_config()
        request = {**self.run_job_kwargs, "Arguments": dict(self.script_args)}
        try:
            patiently(lambda: apply(self.hook.conn, definition, self._arn))
            started = runs.start(request, {run["Id"] for run in own})
        except (ClientError, ParamValidationError) as error:
            final = is_refusal(error) or isinstance(error, ParamValidationError)
            kind = AirflowFailException if final else AirflowException
            raise kind(f"Glue job {self.job_name} is not started: {error}") from error
        self.log.info("Run %s of Glue job %s has been started", started, self.job_name)
        return started

    def _arn(self) -> str:
        hook = StsHook(**self.connection)  # type: ignore[no-untyped-call]
        place = f"{self.hook.conn_region_name}:{hook.get_account_number()}"
        return f"arn:{self.hook.conn_partition}:glue:{place}:job/{self.job_name}"

    def _show(self, context: Any, run: str) -> None:
        """Leave the run's id and its page in AWS's console where the stock operator does."""
        self._job_run_id = run
        context["ti"].xcom_push(key="glue_job_run_id", value=run)
        GlueJobRunDetailsLink.persist(
            context=context,
            operator=self,
            region_name=self.hook.conn_region_name,
            aws_partition=self.hook.conn_partition,
            job_name=quote(self.job_name, safe=""),
            job_run_id=run,
        )

    def _wait_for_room(self, runs: GlueRuns, deadline: float, full: NoRoomError) -> None:
        """Wait until a run of the job has ended, whoever has started it; it is not ours to stop."""
        self.log.info("Waiting for room: %s", full)
        other = runs.somebodys() if self.deferrable and time.time() < deadline else None
        if other:
            watched = self._watch(other)._replace(stop="", stop_request=None)
            trigger = self.trigger(watched, deadline)
            self.defer(trigger=trigger, method_name="begin", kwargs={"deadline": deadline})
        self._pause(deadline, str(full))

    def _pause(self, deadline: float, why: str) -> None:
        if time.time() > deadline:
            waited = f"within {self.timeout} s"
            raise AirflowException(f"Glue job {self.job_name} did not start {waited}: {why}")
        time.sleep(self.check_interval)

    def _watch(self, run: str) -> Watched:
        job = {"JobName": self.job_name}
        return Watched(
            service="glue",
            describe="get_job_run",
            request={**job, "RunId": run},
            state=["JobRun", "JobRunState"],
            live=sorted(GOES_ON),
            stop="batch_stop_job_run",
            stop_request={**job, "JobRunIds": [run]},
        )
