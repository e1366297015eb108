"""What a finished run left in the emulated AWS: the facts of the report and the summary."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from generator.expand import SHORT_NAME
from generator.local.account_setup import Clients
from generator.local.airflow import TaskState
from generator.local.job_logs import JobLogs
from generator.local.predictions import predict
from generator.stages.glue import job_name

_ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Timeout): .+$", re.MULTILINE)
# What an operator says stands for itself; Python's own exceptions need their names.
_AIRFLOWS = re.compile(r"^(?:\w+\.)*Airflow\w*Exception: ")
_ROWS = re.compile(r"^rows:((?: \w+=\d+)+)\s*$", re.MULTILINE)


@dataclass
class Report:
    """Everything ``run --report`` writes; times in seconds."""

    pipeline: str
    environment: str
    state: str
    seconds: float
    tasks: list[dict[str, Any]]
    reason: str | None = None
    glue: list[dict[str, Any]] = field(default_factory=list)
    training: dict[str, Any] | None = None
    endpoint: dict[str, Any] | None = None
    predictions: list[dict[str, Any]] = field(default_factory=list)
    evaluation: dict[str, Any] | None = None
    verification: dict[str, Any] | None = None
    smoke_test: dict[str, Any] | None = None
    skipped: list[str] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)


def collect(
    report: Report, tasks: Sequence[TaskState], results: Mapping[str, Any], clients: Clients
) -> None:
    """Fill in what the run's tasks made; a failed run has only some of it."""
    logs = JobLogs(clients["logs"])
    succeeded = {task.task for task in tasks if task.state == "success"}
    for task in tasks:
        if task.task.startswith("glue_"):
            report.glue.append(_glue(task.task, results.get(task.task), logs))
    if "train" in succeeded:
        report.training = _training(results["train"]["Training"], clients, logs)
    if "deploy" in succeeded:
        report.endpoint = _endpoint(results["deploy"]["Endpoint"]["EndpointName"], clients)
    # A gate that refuses leaves its numbers although the task failed or was skipped.
    report.evaluation = _told(results.get("evaluate"))
    report.verification = _told(results.get("verify"))
    report.smoke_test = _told(results.get("smoke_test"))
    report.skipped = [task.task for task in tasks if task.state == "skipped"]
    if report.training and report.endpoint and report.training["validation"]:
        model, validation = report.training["model_artifact"], report.training["validation"]
        report.predictions = predict(report.endpoint["name"], validation, model, clients)


def failure_reason(
    pipeline: str, tasks: Sequence[TaskState], clients: Clients, log: str, since: datetime
) -> str | None:
    """Return why the first failed task failed: what AWS says of its job, else Airflow's log.

    Only jobs that began ``since`` then are of this run.
    """
    return _reason_of_the_job(pipeline, tasks, clients, since) or _last_error(log)


def _reason_of_the_job(
    pipeline: str, tasks: Sequence[TaskState], clients: Clients, since: datetime
) -> str | None:
    failed = next((task.task for task in tasks if task.state == "failed"), None)
    try:
        if failed and failed.startswith("glue_"):
            job = job_name(pipeline, failed.removeprefix("glue_"))
            runs = clients["glue"].get_job_runs(JobName=job, MaxResults=1)["JobRuns"]
            mine = [each for each in runs if each["StartedOn"] >= since]
            return mine[0].get("ErrorMessage") if mine else None
        if failed == "train":
            jobs = clients["sagemaker"].list_training_jobs(
                NameContains=pipeline[:SHORT_NAME].rstrip("-"),
                SortBy="CreationTime",
                SortOrder="Descending",
                MaxResults=1,
            )["TrainingJobSummaries"]
            if jobs and jobs[0]["CreationTime"] >= since:
                name = jobs[0]["TrainingJobName"]
                job = clients["sagemaker"].describe_training_job(TrainingJobName=name)
                return job.get("FailureReason")
    except ClientError:
        pass
    return None


def _last_error(log: str) -> str | None:
    """Return the last line of ``log`` that an exception wrote."""
    found = _ERROR.findall(log)
    return _AIRFLOWS.sub("", found[-1].strip()) if found else None


def _told(result: Any) -> dict[str, Any] | None:
    """Return what a task told about itself, if it did."""
    return dict(result) if isinstance(result, Mapping) else None


def _glue(task: str, run_id: Any, logs: JobLogs) -> dict[str, Any]:
    rows: dict[str, int] = {}
    if run_id:
        text = "\n".join(logs.lines("/aws-glue/jobs/output", str(run_id)))
        for counts in _ROWS.findall(text):
            rows |= {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", counts)}
    return {"job": task.removeprefix("glue_"), "run_id": run_id, "rows": rows}


def _training(result: Mapping[str, Any], clients: Clients, logs: JobLogs) -> dict[str, Any]:
    name = result["TrainingJobName"]
    job = clients["sagemaker"].describe_training_job(TrainingJobName=name)
    lines = logs.lines("/aws/sagemaker/TrainingJobs", f"{name}/")
    metrics = {
        metric["MetricName"]: round(metric["Value"], 6)
        for metric in job.get("FinalMetricDataList", ())
    }
    return {
        "name": name,
        "image": job["AlgorithmSpecification"]["TrainingImage"],
        "trained_with": next((line for line in lines if "XGBoost" in line), None),
        "metrics": metrics,
        "model_artifact": job["ModelArtifacts"]["S3ModelArtifacts"],
        "validation": _validation_uri(job),
    }


def _validation_uri(job: Mapping[str, Any]) -> str | None:
    for channel in job["InputDataConfig"]:
        if channel["ChannelName"] == "validation" and channel["ContentType"] == "text/csv":
            return channel["DataSource"]["S3DataSource"]["S3Uri"]
    return None


def _endpoint(name: str, clients: Clients) -> dict[str, Any]:
    endpoint = clients["sagemaker"].describe_endpoint(EndpointName=name)
    return {
        "name": name,
        "status": endpoint["EndpointStatus"],
        "configuration": endpoint["EndpointConfigName"],
        "created": endpoint["CreationTime"].isoformat(),
        "updated": endpoint["LastModifiedTime"].isoformat(),
    }
