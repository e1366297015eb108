"""The emulated SageMaker's training jobs: create, describe, stop, list."""

from __future__ import annotations

from threading import RLock
from typing import Any

from generator.local.aws.account import Account
from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.containers import container_of
from generator.local.aws.errors import AwsError, invalid
from generator.local.aws.pages import page
from generator.local.aws.sagemaker_tags import SageMakerTags
from generator.local.aws.training_job import FAULTS, TrainingJob

Request = dict[str, Any]


class Training:
    """Answers SageMaker's training operations; a job really trains in a subprocess."""

    OPERATIONS = ("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "ListTrainingJobs")

    def __init__(self, account: Account, tags: SageMakerTags, faults: ActiveFaults) -> None:
        self._account = account
        self._tags = tags
        self._faults = faults
        self._lock = RLock()
        self._jobs: dict[str, TrainingJob] = {}

    def create_training_job(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html"""
        _check(request)
        name = request["TrainingJobName"]
        arn = self._account.arn("sagemaker", f"training-job/{name}")
        with self._lock:
            if name in self._jobs:
                raise AwsError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, "
                    f"and a training job with this name already exists ({arn})",
                )
            fault = self._faults.strike_first(FAULTS, "sagemaker.CreateTrainingJob")
            job = self._jobs[name] = TrainingJob(self._account, arn, request, fault)
            self._tags.create(arn, request)
            self._account.start_thread(job.execute)
        return {"TrainingJobArn": arn}

    def describe_training_job(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html"""
        return self._job(request).record.describe()

    def stop_training_job(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html"""
        job = self._job(request)
        if not job.stop():
            status = job.record.status
            raise invalid(
                f"The request was rejected because the training job is in status {status}."
            )
        return {}

    def list_training_jobs(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html"""
        part, status = request.get("NameContains", ""), request.get("StatusEquals")
        with self._lock:
            described = [job.record.describe() for job in reversed(self._jobs.values())]
        summaries = [
            _summary(job)
            for job in described
            if part in job["TrainingJobName"] and status in (None, job["TrainingJobStatus"])
        ]
        if request.get("SortOrder") == "Ascending":
            summaries.reverse()
        summaries, token = page(summaries, request, "MaxResults", most=10)
        return {"TrainingJobSummaries": summaries, **token}

    def _job(self, request: Request) -> TrainingJob:
        with self._lock:
            job = self._jobs.get(request["TrainingJobName"])
        if job is None:
            raise invalid("Requested resource not found.")
        return job


def _summary(job: Request) -> Request:
    names = ("TrainingJobName", "TrainingJobArn", "CreationTime", "LastModifiedTime")
    more = ("TrainingEndTime", "TrainingJobStatus", "SecondaryStatus")
    return {name: job[name] for name in (*names, *more) if name in job}


def _check(request: Request) -> None:
    """What CreateTrainingJob refuses although the service model allows it."""
    for name in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
        if name not in request:
            raise invalid(f"{name} is required to create a training job.")
    algorithm = request["AlgorithmSpecification"]
    image = algorithm.get("TrainingImage")
    if not image:
        raise invalid("You must specify a training image for your training job.")
    if container_of(image) and algorithm.get("MetricDefinitions"):
        raise invalid(
            "You can't override the metric definitions for Amazon SageMaker algorithms. "
            "Please retry your request without specifying metric definitions."
        )
    channels = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    if len(channels) != len(set(channels)):
        raise invalid("Channel names in InputDataConfig must be unique.")
    _check_waiting(request)


def _check_waiting(request: Request) -> None:
    limits = request["StoppingCondition"]
    if not request.get("EnableManagedSpotTraining"):
        if "MaxWaitTimeInSeconds" in limits:
            raise invalid(
                "MaxWaitTimeInSeconds above 0 requires EnableManagedSpotTraining to be enabled."
            )
        return
    longest = limits.get("MaxRuntimeInSeconds", 86400)
    if limits.get("MaxWaitTimeInSeconds", 0) < longest:
        raise invalid(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )
