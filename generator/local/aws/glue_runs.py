"""One run of an emulated Glue job: its states, its subprocess, its logs."""

from __future__ import annotations

import secrets
import time
from threading import Lock
from typing import Any

from generator.local.aws.account import GLUE, Account, module_command
from generator.local.aws.log_stream import LogStream
from generator.local.processes import Process, ShuttingDownError

ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
# Called as: --script URI --work-dir DIR --glue-version V -- --JOB_NAME name --key value …
RUNNER = module_command("generator.local.aws.glue_runner")
SECONDS_PER_MINUTE = 60
LOG_GROUP = "/aws-glue/jobs"
FAULTS = ("job-fails", "job-stops", "job-never-ends")
"""Faults that a run can be started with."""

# What runs instead of the script.
_STAND_INS = {"job-fails": "fail", "job-stops": "hang", "job-never-ends": "hang"}

# What StartJobRun may override for one run; Glue version, role and script stay the job's.
_OVERRIDES = ("Timeout", "WorkerType", "NumberOfWorkers", "MaxCapacity", "ExecutionClass")


class JobRun:
    """A run from STARTING to its end; execute() lives it in a thread of its own."""

    def __init__(
        self,
        account: Account,
        job: dict[str, Any],
        request: dict[str, Any],
        fault: str | None = None,
    ) -> None:
        self._account = account
        self._job = {**job, **{key: request[key] for key in _OVERRIDES if key in request}}
        self._arguments: dict[str, str] = request.get("Arguments", {})
        self._fault = fault
        self._lock = Lock()
        self._process: Process | None = None
        self._previous: str | None = request.get("JobRunId")
        self.id = f"jr_{secrets.token_hex(32)}"
        self.state = "STARTING"
        self._started = self._modified = time.time()
        self._completed: float | None = None
        self._error: str | None = None

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html"""
        shared = ("Timeout", "WorkerType", "NumberOfWorkers", "MaxCapacity", "AllocatedCapacity")
        with self._lock:
            ended = {"CompletedOn": self._completed} if self._completed else {}
            error = {"ErrorMessage": self._error} if self._error else {}
            retried = {"PreviousRunId": self._previous} if self._previous else {}
            return {
                "Id": self.id,
                "Attempt": 0,
                "JobName": self._job["Name"],
                "JobRunState": self.state,
                "StartedOn": self._started,
                "LastModifiedOn": self._modified,
                "Arguments": self._arguments,
                "ExecutionTime": int((self._completed or time.time()) - self._started),
                "PredecessorRuns": [],
                "LogGroupName": LOG_GROUP,
                "GlueVersion": self._job["GlueVersion"],
                "ExecutionClass": self._job["ExecutionClass"],
                **{key: self._job[key] for key in shared if key in self._job},
                **ended,
                **error,
                **retried,
            }

    def stop(self) -> None:
        """Ends the run as BatchStopJobRun does: STOPPING now, STOPPED when it is over."""
        with self._lock:
            if self.state in ENDED:
                return
            self._set("STOPPING")
            if self._process:
                self._account.start_thread(self._process.stop)

    def execute(self) -> None:
        """Runs the script to its end."""
        try:
            self._execute()
        except ShuttingDownError:
            self._end("STOPPED")
        except Exception as error:  # a defect of ours must not leave the run RUNNING for ever
            self._end("ERROR", f"The emulated Glue failed: {error!r}")

    def _execute(self) -> None:
        logs = self._account.client("logs", GLUE)
        streams = [LogStream(logs, f"{LOG_GROUP}/{kind}", self.id) for kind in ("output", "error")]
        try:
            process = self._start((streams[0].write, streams[1].write))
            if self._fault == "job-stops":
                self.stop()
            seconds = self._job["Timeout"] * SECONDS_PER_MINUTE
            code = process.wait(seconds)
            if code is None:
                process.stop()
        finally:
            for stream in streams:
                stream.close()
        if code is None:
            self._end("TIMEOUT", f"Job run exceeded its timeout of {self._job['Timeout']} minutes")
        elif self.state == "STOPPING":
            self._end("STOPPED")
        elif code == 0:
            self._end("SUCCEEDED")
        else:
            self._end("FAILED", self._failure(code))

    def _start(self, sinks: Any) -> Process:
        folder = self._account.jobs_folder / self.id
        folder.mkdir()
        with self._lock:
            self._process = self._account.processes.start(
                self._command(), folder, self._account.job_environment(GLUE), sinks
            )
            if self.state == "STOPPING":
                self._account.start_thread(self._process.stop)
            else:
                self._set("RUNNING")
            return self._process

    def _command(self) -> list[str]:
        if deed := _STAND_INS.get(self._fault or ""):
            reason = self._account.jobs_folder / self.id / "failure.txt"
            return module_command("generator.local.aws.faulty_job", deed, str(reason))
        arguments = {**self._job.get("DefaultArguments", {}), **self._arguments}
        script = arguments.pop("--scriptLocation", self._job["Command"].get("ScriptLocation", ""))
        flat = [part for item in arguments.items() for part in item]
        return [
            *RUNNER,
            *("--script", script),
            *("--work-dir", str(self._account.jobs_folder / self.id)),
            *("--glue-version", self._job["GlueVersion"]),
            *("--", "--JOB_NAME", self._job["Name"], *flat),
        ]

    def _failure(self, code: int) -> str:
        file = self._account.jobs_folder / self.id / "failure.txt"
        reason = file.read_text(errors="replace").strip() if file.exists() else ""
        return reason or f"The script ended with exit code {code} and said no reason."

    def _set(self, state: str) -> None:
        self.state = state
        self._modified = time.time()

    def _end(self, state: str, error: str | None = None) -> None:
        with self._lock:
            self._set(state)
            self._error = error
            self._completed = self._modified
