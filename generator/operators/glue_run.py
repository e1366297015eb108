"""The runs of a Glue job that belong to one run of a pipeline: found again, started once, stopped.

StartJobRun has no token that makes a repeated request harmless. So a run carries an argument that
says to which run of its pipeline it belongs, and nothing is ever sent without looking first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from botocore.exceptions import ConnectionError as BotocoreConnectionError

from generator.glue_script import RUN_ARGUMENT
from generator.operators.glue_job import error_code

JobRun = Mapping[str, Any]

LIVE = frozenset({"STARTING", "RUNNING", "WAITING"})
"""States from which a run can still succeed."""

GOES_ON = LIVE | {"STOPPING"}
"""States from which a run goes on to another one."""

ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
"""https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html"""

LONGEST = timedelta(days=8)
"""A run lasts seven days at most, so that no older one can be alive:
https://docs.aws.amazon.com/glue/latest/webapi/API_StartJobRun.html (Timeout)."""

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between two requests to start, in which Glue may list what the first has started."""

_NO_ROOM = frozenset({"ConcurrentRunsExceededException", "ResourceNumberLimitExceededException"})
# Glue may not know yet a job that has just been made; the others say that nothing was wrong with
# the request. Any answer of status 500 and above is of this kind too.
_PASSING = frozenset(
    {
        "EntityNotFoundException",
        "InternalServiceException",
        "OperationTimeoutException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
    }
)
# What a request can fail with once it was sent: an answer, or none.
_FAILURES = (ClientError, BotocoreConnectionError, HTTPClientError, IncompleteReadError)
_MOST_PER_STOP = 25
_PAGE = 200

_log = logging.getLogger(__name__)


class NoRoomError(Exception):
    """As many runs are alive as the job, or the account, may have."""


class Found(NamedTuple):
    """Runs of this pipeline run, the latest first: of this attempt, and of those before a clear."""

    own: list[JobRun]
    older: list[JobRun]


class GlueRuns:
    """The runs of the job ``job`` that were started for one run of a pipeline.

    ``glue`` is a client, ``once`` one that repeats nothing by itself. ``run`` names the run of the
    pipeline and ``first`` is the first try since the task was last cleared.
    """

    def __init__(self, glue: Any, once: Any, job: str, run: str, first: int) -> None:
        self._glue = glue
        self._once = once
        self._job = job
        self._run = run
        self._first = first

    @property
    def argument(self) -> dict[str, str]:
        """The argument by which a run is found again."""
        return {RUN_ARGUMENT: f"{self._run}-{self._first}"}

    def find(self) -> Found:
        """Look for the runs; none where the job is not there yet. Raises botocore's errors."""
        found = Found([], [])
        for run in self._listed():
            marked = run.get("Arguments", {}).get(RUN_ARGUMENT, "")
            run_of, _, first = marked.rpartition("-")
            if run_of == self._run and first.isdigit():
                (found.own if int(first) == self._first else found.older).append(run)
        return found

    def usable(self, own: Sequence[JobRun]) -> JobRun | None:
        """Return the one of these runs that has succeeded or is alive, and stop its twins.

        There are two after a request to start that arrived twice. The one that began first stays.
        """
        alive = [run for run in own if run["JobRunState"] in LIVE]
        done = [run for run in own if run["JobRunState"] == "SUCCEEDED"]
        chosen = done[0] if done else alive[-1] if alive else None
        if twins := [run["Id"] for run in alive if run is not chosen]:
            _log.warning("Glue job %s was started twice; stopping %s", self._job, ", ".join(twins))
            self.stop(twins)
        return chosen

    def start(self, request: Mapping[str, Any], known: Collection[str]) -> str:
        """Start a run and return its id; what has been started already is not started again.

        ``known`` are the runs of this attempt that were there before. Raises NoRoomError, and
        botocore's errors when Glue refuses or cannot be reached.
        """
        arguments = {**request.get("Arguments", {}), **self.argument}
        sent = {**request, "JobName": self._job, "Arguments": arguments}
        for pause in (*PAUSES, None):
            try:
                started = str(self._once.start_job_run(**sent)["JobRunId"])
                return self._without_twin(started, known)
            except _FAILURES as error:
                no_room = isinstance(error, ClientError) and error_code(error) in _NO_ROOM
                if not no_room and (pause is None or not _passing(error)):
                    raise
                _log.warning("Glue job %s was not started: %s", self._job, error)
                why = error
            if not no_room:
                time.sleep(pause or 0)
            if begun := self._begun(known):
                return begun
            if no_room:
                raise NoRoomError(str(why)) from why
        raise AssertionError("unreachable")

    def _begun(self, known: Collection[str]) -> str | None:
        """Return the run that a request has started after all, in whatever state it is."""
        own = [run for run in self.find().own if run["Id"] not in known]
        run = self.usable(own) or (own[0] if own else None)
        return str(run["Id"]) if run else None

    def _without_twin(self, started: str, known: Collection[str]) -> str:
        """Return the run to go on with after a request that may have arrived twice."""
        try:
            return self._begun(known) or started
        except _FAILURES as error:
            _log.warning("The runs of Glue job %s cannot be listed: %s", self._job, error)
            return started

    def stop(self, runs: list[str]) -> None:
        """Ask Glue to stop the runs; one that has ended already is no error."""
        for start in range(0, len(runs), _MOST_PER_STOP):
            some = runs[start : start + _MOST_PER_STOP]
            answer = self._glue.batch_stop_job_run(JobName=self._job, JobRunIds=some)
            for error in answer.get("Errors", ()):
                said = error.get("ErrorDetail", {}).get("ErrorMessage")
                _log.warning("Glue did not stop %s: %s", error.get("JobRunId"), said)

    def stop_all(self) -> None:
        """Stop every run of this run of the pipeline that is alive, of any attempt."""
        own, older = self.find()
        if alive := [run["Id"] for run in (*own, *older) if run["JobRunState"] in LIVE]:
            _log.info("Stopping %s of Glue job %s", ", ".join(alive), self._job)
            self.stop(alive)

    def somebodys(self) -> str | None:
        """Return the run of the job that has been alive the longest, whoever has started it."""
        alive = [run["Id"] for run in self._listed() if run["JobRunState"] in GOES_ON]
        return alive[-1] if alive else None

    def _listed(self) -> Iterator[JobRun]:
        oldest = datetime.now(UTC) - LONGEST
        paginator = self._glue.get_paginator("get_job_runs")
        pages = paginator.paginate(JobName=self._job, PaginationConfig={"PageSize": _PAGE})
        try:
            for page in pages:
                yield from page["JobRuns"]
                if page["JobRuns"] and page["JobRuns"][-1]["StartedOn"] < oldest:
                    return
        except self._glue.exceptions.EntityNotFoundException:
            return  # A job that is not there has no runs.


def _passing(error: ClientError | BotoCoreError) -> bool:
    """Return whether the same request may go well in a while."""
    if not isinstance(error, ClientError):
        return True
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in _PASSING or status >= 500
