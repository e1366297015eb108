"""Definitions of emulated Glue jobs: defaults, and what cannot be combined."""

from __future__ import annotations

from typing import Any

from generator.local.aws.errors import AwsError

Request = dict[str, Any]

# "DPUs per worker" of https://docs.aws.amazon.com/glue/latest/dg/worker-types.html
CAPACITY = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "Z.2X": 2, "Standard": 1}


def complete(settings: Request) -> Request:
    """A job definition with Glue's defaults; the numbers are those of the CreateJob page."""
    version = settings.get("GlueVersion", "5.1")
    job = {
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Timeout": 480 if float(version.split(".")[0]) >= 5 else 2880,
        "GlueVersion": version,
        "ExecutionClass": "STANDARD",
        **settings,
    }
    if "WorkerType" in job and "NumberOfWorkers" in job:
        job["MaxCapacity"] = float(CAPACITY[job["WorkerType"]] * job["NumberOfWorkers"])
    else:
        job.setdefault("MaxCapacity", 10.0)
    job["AllocatedCapacity"] = int(job["MaxCapacity"])
    return job


def check_capacity(settings: Request) -> None:
    """Refuses what CreateJob, UpdateJob and StartJobRun do not take together."""
    workers = {"WorkerType", "NumberOfWorkers"} & settings.keys()
    if workers and "MaxCapacity" in settings:
        message = "Please do not set Max Capacity if using Worker Type and Number of Workers."
        raise AwsError("InvalidInputException", message)
    if len(workers) == 1:
        message = "Please set both Worker Type and Number of Workers."
        raise AwsError("InvalidInputException", message)


def already_there(name: str, settings: Request, existing: Request) -> AwsError:
    """The error for a second CreateJob, which depends on whether it is the same job."""
    if all(existing.get(key) == value for key, value in settings.items()):
        return AwsError("AlreadyExistsException", f"Job with name {name} already exists.")
    message = f"Job with name {name} already submitted with different configuration."
    return AwsError("IdempotentParameterMismatchException", message)
