"""The emulated Glue: jobs, and the operations that start, show and stop their runs."""

from __future__ import annotations

import time
from threading import RLock
from typing import Any

from generator.local.aws.account import Account
from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.errors import AwsError
from generator.local.aws.glue_jobs import already_there, check_capacity, complete
from generator.local.aws.glue_runs import ENDED, FAULTS, JobRun
from generator.local.aws.pages import page
from generator.local.aws.tags import Tags

Request = dict[str, Any]


class Glue:
    """Answers Glue's JSON API; a run is a real subprocess."""

    OPERATIONS = (
        *("CreateJob", "GetJob", "UpdateJob", "DeleteJob", "GetJobs", "ListJobs"),
        *("StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun"),
        *("GetTags", "TagResource", "UntagResource"),
    )

    def __init__(self, account: Account, faults: ActiveFaults) -> None:
        self._account = account
        self._faults = faults
        self._lock = RLock()
        self._jobs: dict[str, Request] = {}
        self._runs: dict[str, list[JobRun]] = {}
        self._tags = Tags()

    def create_job(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html"""
        name = request["Name"]
        settings = {key: value for key, value in request.items() if key not in ("Name", "Tags")}
        check_capacity(settings)
        with self._lock:
            if name in self._jobs:
                raise already_there(name, complete(settings), self._jobs[name])
            now = time.time()
            self._jobs[name] = {**complete(settings), "Name": name, "CreatedOn": now}
            self._jobs[name]["LastModifiedOn"] = now
            self._runs[name] = []
            self._tags.create(self._arn(name), request.get("Tags", {}))
        return {"Name": name}

    def get_job(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_GetJob.html"""
        with self._lock:
            return {"Job": self._job(request["JobName"])}

    def update_job(self, request: Request) -> Request:
        """Replaces the definition: whatever JobUpdate leaves out goes back to its default.

        https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateJob.html
        """
        name, settings = request["JobName"], request["JobUpdate"]
        check_capacity(settings)
        with self._lock:
            created = self._job(name)["CreatedOn"]
            for key in ("Role", "Command"):
                if key not in settings:
                    raise AwsError("InvalidInputException", f"{key} should not be null")
            self._jobs[name] = {**complete(settings), "Name": name, "CreatedOn": created}
            self._jobs[name]["LastModifiedOn"] = time.time()
        return {"JobName": name}

    def delete_job(self, request: Request) -> Request:
        """Succeeds for a job that is not there, as Glue does."""
        name = request["JobName"]
        with self._lock:
            self._jobs.pop(name, None)
            for run in self._runs.pop(name, []):
                run.stop()
            self._tags.forget(self._arn(name))
        return {"JobName": name}

    def get_jobs(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_GetJobs.html"""
        with self._lock:
            jobs, token = page(list(self._jobs.values()), request, "MaxResults")
        return {"Jobs": jobs, **token}

    def list_jobs(self, request: Request) -> Request:
        """Names only, all of them or those with the given tags."""
        wanted = request.get("Tags", {}).items()
        with self._lock:
            names = [name for name in self._jobs if wanted <= self._tags_of(name).items()]
        names, token = page(names, request, "MaxResults")
        return {"JobNames": names, **token}

    def start_job_run(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_StartJobRun.html"""
        check_capacity(request)
        with self._lock:
            job = self._job(request["JobName"])
            runs = self._runs[job["Name"]]
            active = sum(run.state not in ENDED for run in runs)
            if active >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
                raise AwsError(
                    "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}"
                )
            fault = self._faults.strike_first(FAULTS, "glue.StartJobRun")
            run = JobRun(self._account, job, request, fault)
            runs.insert(0, run)
            self._account.start_thread(run.execute)
        return {"JobRunId": run.id}

    def get_job_run(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_GetJobRun.html"""
        with self._lock:
            return {"JobRun": self._run(request["JobName"], request["RunId"]).describe()}

    def get_job_runs(self, request: Request) -> Request:
        """Runs of one job, the latest first."""
        with self._lock:
            runs = self._runs[self._job(request["JobName"])["Name"]]
            described = [run.describe() for run in runs]
        described, token = page(described, request, "MaxResults", most=200)
        return {"JobRuns": described, **token}

    def batch_stop_job_run(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_BatchStopJobRun.html"""
        name = request["JobName"]
        stopped, errors = [], []
        for run_id in request["JobRunIds"]:
            error = self._stop(name, run_id)
            named = {"JobName": name, "JobRunId": run_id}
            errors.append({**named, "ErrorDetail": error}) if error else stopped.append(named)
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def get_tags(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_GetTags.html"""
        arn = request["ResourceArn"]
        return {"Tags": self._tags.get(arn, _missing(f"Entity with ARN {arn}"))}

    def tag_resource(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_TagResource.html"""
        arn = request["ResourceArn"]
        self._tags.add(arn, request["TagsToAdd"], _missing(f"Entity with ARN {arn}"))
        return {}

    def untag_resource(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/glue/latest/webapi/API_UntagResource.html"""
        arn = request["ResourceArn"]
        self._tags.remove(arn, request["TagsToRemove"], _missing(f"Entity with ARN {arn}"))
        return {}

    def _arn(self, name: str) -> str:
        return self._account.arn("glue", f"job/{name}")

    def _tags_of(self, name: str) -> dict[str, str]:
        return self._tags.get(self._arn(name), _missing(f"Job {name}"))

    def _job(self, name: str) -> Request:
        if name not in self._jobs:
            raise _missing(f"Job {name}")
        return self._jobs[name]

    def _run(self, name: str, run_id: str) -> JobRun:
        self._job(name)
        for run in self._runs[name]:
            if run.id == run_id:
                return run
        raise _missing(f"Job Run {run_id}")

    def _stop(self, name: str, run_id: str) -> dict[str, str] | None:
        with self._lock:
            try:
                run = self._run(name, run_id)
            except AwsError as error:
                return {"ErrorCode": error.code, "ErrorMessage": error.message}
            if run.state in ENDED:
                message = f"Job Run {run_id} is in state {run.state} and cannot be stopped."
                return {"ErrorCode": "InvalidInputException", "ErrorMessage": message}
            run.stop()
        return None


def _missing(what: str) -> AwsError:
    return AwsError("EntityNotFoundException", f"{what} not found.")
