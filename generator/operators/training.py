"""TrainingOperator: one training job per run, found again by a retry and never left behind."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTrainingOperator
from botocore.exceptions import ClientError, ParamValidationError

from generator.operators.attempt import first_try
from generator.operators.job import JobWaiting, patiently
from generator.operators.job_log import last_lines
from generator.operators.job_trigger import GRACE, Watched, is_refusal, is_unknown

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import (  # type: ignore[no-redef, attr-defined]
        AirflowException,
        AirflowFailException,
    )

LOG_GROUP = "/aws/sagemaker/TrainingJobs"

_LIVE = ("InProgress", "Stopping")
_SLOW = 1.0
"""Seconds between two looks for what AWS must know in a moment."""


class TrainingOperator(JobWaiting, SageMakerTrainingOperator):
    """Starts a run's training job, or goes on with it, and sees it through to its end.

    Holes of the stock operator that this one closes:

    - a task that is killed, cleared, marked or timed out leaves its job running and billing: it has
      no ``on_kill`` in any version (https://github.com/apache/airflow/issues/36090), and its
      triggers stop nothing;
    - a retry starts a second job under another name, beside the first
      (as Glue's did: https://github.com/apache/airflow/issues/59075);
    - a deferred wait ends after 60 looks whatever the job's own limit is;
    - a job that SageMaker or a person has stopped counts as success without ``print_log``, and the
      reason of a failure stays in AWS.

    ``TrainingJobName`` in ``config`` is the beginning of the job's name; a number follows: that of
    the try, so that tries since the task was last cleared find each other's job, and a task that
    was cleared starts anew. ``check_interval`` are the seconds between two looks at the job,
    ``timeout`` those of the whole wait, after which it is stopped. XCom: ``{"Training": …}``, what
    DescribeTrainingJob says.
    """

    def __init__(self, *, timeout: int, **kwargs: Any) -> None:
        super().__init__(print_log=False, **kwargs)
        self.timeout = timeout

    def execute(self, context: Any) -> dict[str, Any]:
        deadline = time.time() + self.timeout
        self.preprocess_config()
        base, first = self.config["TrainingJobName"], first_try(context)
        self._end_older(base, first, deadline)
        name = self._job(base, first, deadline)
        return self.wait(context, _watched(name), deadline)

    def stop_all(self, context: Any) -> None:
        base = self.config["TrainingJobName"]
        for number in range(1, context["ti"].try_number + 1):
            found = self._describe(f"{base}-{number}")
            if found and found["TrainingJobStatus"] == "InProgress":
                self._stop(_watched(f"{base}-{number}"))

    def finish(self, context: Any, state: str, watched: Watched) -> dict[str, Any]:
        name = watched.request["TrainingJobName"]
        if state == "Completed":
            self.log.info("Training job %s is completed", name)
            result: dict[str, Any] = patiently(lambda: self.serialize_result(name))
            return result
        job = self._described(name)
        logs = AwsLogsHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, verify=self.verify
        )
        lines = last_lines(logs.conn, LOG_GROUP, f"{name}/")
        self.log.error("The end of the log of %s:\n%s", name, "\n".join(lines))
        kind = AirflowFailException if self._is_final(job) else AirflowException
        raise kind(f"Training job {name} {reason(job)}\n" + "\n".join(lines))

    def _end_older(self, base: str, first: int, deadline: float) -> None:
        """Stop what is alive from before the task was cleared, and wait for its end."""
        for number in range(1, first):
            name = f"{base}-{number}"
            found = self._describe(name)
            if found and found["TrainingJobStatus"] == "InProgress":
                self.log.info("Stopping %s, from before the task was cleared", name)
                self._stop(_watched(name))
            if found:
                self._await_end(name, found["TrainingJobStatus"], deadline)

    def _job(self, base: str, first: int, deadline: float) -> str:
        """Return the job to wait for: that of an earlier try that is alive or done, or a new one.

        One that has failed or was stopped stays as it is; the next number is tried.
        """
        number = first
        while True:
            name = f"{base}-{number}"
            found = self._describe(name)
            if found is None:
                self._create(name)
                return name
            status = found["TrainingJobStatus"]
            if status in ("InProgress", "Completed"):
                self.log.info("Going on with %s, which is %s", name, status)
                return name
            self._await_end(name, status, deadline)
            number += 1

    def _create(self, name: str) -> None:
        """Start the job; one of that name can only be this run's, from a request sent before."""
        self._watched = _watched(name)  # so that on_kill stops it even if the answer is lost
        try:
            self.hook.check_training_config(self.config)
            patiently(lambda: self._request(name))
        except AirflowException as error:
            raise AirflowException(f"Training job {name} has no data: {error}") from error
        except ParamValidationError as error:
            raise AirflowFailException(f"Training job {name} is not started: {error}") from error
        except ClientError as error:
            kind = AirflowFailException if is_refusal(error) else AirflowException
            raise kind(f"Training job {name} is not started: {error}") from error

    def _request(self, name: str) -> None:
        try:
            self.hook.conn.create_training_job(**{**self.config, "TrainingJobName": name})
        except self.hook.conn.exceptions.ResourceInUse:
            self.log.info("Training job %s was asked for before", name)
        else:
            self.log.info("Training job %s has been started", name)

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = patiently(lambda: self.hook.describe_training_job(name))
        except ClientError as error:
            if is_unknown(error):
                return None
            raise
        return found

    def _described(self, name: str) -> dict[str, Any]:
        """Describe a job that exists, although AWS may not know it everywhere yet."""
        patience = time.time() + GRACE
        while (found := self._describe(name)) is None:
            if time.time() > patience:
                raise AirflowException(f"SageMaker says that {name} exists, but does not know it")
            time.sleep(_SLOW)
        return found

    def _await_end(self, name: str, status: str, deadline: float) -> None:
        while status in _LIVE:
            if time.time() > deadline:
                raise AirflowException(f"Training job {name} is {status}, and does not end")
            time.sleep(self.check_interval)
            status = self._described(name)["TrainingJobStatus"]

    def _is_final(self, job: dict[str, Any]) -> bool:
        """Tell whether another try would end in the same way: without checkpoints time is up."""
        too_long = job.get("SecondaryStatus") in ("MaxRuntimeExceeded", "MaxWaitTimeExceeded")
        return too_long and "CheckpointConfig" not in self.config


def reason(job: dict[str, Any]) -> str:
    """Return in words why a described job has not completed.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html
    """
    limits = job.get("StoppingCondition", {})
    words = {
        "MaxRuntimeExceeded": (
            f"was stopped by SageMaker: it ran for {limits.get('MaxRuntimeInSeconds')} s, the "
            "max_runtime of `training`; raise it, or train with less"
        ),
        "MaxWaitTimeExceeded": (
            f"was stopped by SageMaker: with waiting for spot capacity it took "
            f"{limits.get('MaxWaitTimeInSeconds')} s, the max_wait of `spot`"
        ),
        "Interrupted": "lost its spot capacity",
    }
    ending = words.get(job.get("SecondaryStatus", ""))
    if job["TrainingJobStatus"] == "Stopped":
        return ending or "was stopped, by a person or a program outside of this task"
    said = job.get("FailureReason", "SageMaker gives no reason")
    return f"{ending}: {said}" if ending else f"failed: {said}"


def _watched(name: str) -> Watched:
    request = {"TrainingJobName": name}
    return Watched(
        service="sagemaker",
        describe="describe_training_job",
        request=request,
        state=["TrainingJobStatus"],
        live=list(_LIVE),
        stop="stop_training_job",
        stop_request=request,
    )
