"""One emulated training job: what the platform does around the container."""

from __future__ import annotations

import shutil
import time
from threading import RLock
from typing import Any

from generator.local.aws import channels, objects
from generator.local.aws.account import SAGEMAKER, Account, module_command
from generator.local.aws.containers import INTERRUPTION, Container, container_of, only_xgboost
from generator.local.aws.log_stream import LogStream
from generator.local.aws.training_record import TrainingRecord
from generator.local.processes import Process, ShuttingDownError

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
# Between SIGTERM and SIGKILL; AWS gives a container 120 seconds:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html
SECONDS_TO_STOP = 120.0
FAULTS = ("capacity", "job-fails", "job-stops", "job-never-ends", "spot-interruption")
"""Faults that a job can be created with."""

# Issue 2631 of DIAGNijmegen/rse-grand-challenge quotes it from a real job.
_NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a "
    "different ML instance type."
)
_INTERRUPTED = "Interrupted"
_ROUNDS_TO_INTERRUPTION = "3"
# What runs instead of the container, if anything does.
_STAND_INS = {"job-fails": "fail", "job-stops": "hang", "job-never-ends": "hang"}


class JobError(Exception):
    """The job fails, with this FailureReason."""


class StoppedError(Exception):
    """StopTrainingJob was called before the container ran."""


class TrainingJob:
    """A job from Starting to its end; execute() lives it in a thread of its own."""

    def __init__(
        self, account: Account, arn: str, request: dict[str, Any], fault: str | None = None
    ) -> None:
        self.record = TrainingRecord(arn, request)
        self._account = account
        self._request = request
        self._fault = fault
        self._folder = account.jobs_folder / request["TrainingJobName"]
        self._lock = RLock()
        self._process: Process | None = None
        self._stopping = False

    def stop(self) -> bool:
        """Sends the container SIGTERM; False if the job is not running any more."""
        with self._lock:
            if self.record.status != "InProgress":
                return False
            self._stopping = True
            self.record.enter("Stopping", "Stopping")
            if self._process:
                self._account.start_thread(self._process.stop, SECONDS_TO_STOP)
        return True

    def execute(self) -> None:
        """Downloads the channels, trains, uploads the model."""
        try:
            ending = self._execute()
        except (JobError, channels.MissingDataError) as failure:
            self._end("Failed", "Failed", str(failure))
        except (StoppedError, ShuttingDownError):
            self._end("Stopped", "Stopped")
        except Exception as error:  # a defect of ours must not leave the job InProgress for ever
            self._end("Failed", "Failed", f"InternalServerError: the emulated AWS: {error!r}")
        else:
            self._end(ending, "Completed" if ending == "Completed" else "Stopped")

    def _execute(self) -> str:
        image = self._request["AlgorithmSpecification"]["TrainingImage"]
        container = container_of(image)
        if container is None:
            raise JobError(f"ClientError: {only_xgboost(image)}")
        if self._fault == "capacity":
            raise JobError(_NO_CAPACITY)
        s3 = self._account.client("s3", SAGEMAKER)
        while (ending := self._attempt(container, s3)) == _INTERRUPTED:
            self._upload_checkpoints(s3)
            shutil.rmtree(self._folder)
            self._fault = None
            self._advance(_INTERRUPTED)
            self._advance("Starting")
        self._upload(s3)
        return ending

    def _attempt(self, container: Container, s3: Any) -> str:
        """Download and train on one instance; how that ended, as a SecondaryStatus."""
        self._advance("Downloading")
        channels.lay_out(s3, self._account.region, self._request, self._folder)
        self._advance("Training")
        return self._train(container)

    def _train(self, container: Container) -> str:
        """How the container ended, as a SecondaryStatus. Raises JobError."""
        name = f"{self._request['TrainingJobName']}/algo-1-{int(time.time() * 1000)}"
        stream = LogStream(self._account.client("logs", SAGEMAKER), LOG_GROUP, name)
        try:
            process = self._start(container, stream)
            if self._fault == "job-stops":
                self.stop()
            code = process.wait(self.record.max_runtime)
            if code is None:
                process.stop(SECONDS_TO_STOP)
        finally:
            stream.close()
        if self._stopping:
            return "Stopped"
        if code is None:
            return "MaxRuntimeExceeded"
        if code and self._interrupted:
            return _INTERRUPTED
        if code:
            raise JobError(f"{self._reason()}, exit code: {code}")
        return "Completed"

    def _start(self, container: Container, stream: LogStream) -> Process:
        def follow(line: str) -> None:
            # The log agent of the training instances writes a tab as #011.
            line = line.replace("\t", "#011")
            self.record.read_metrics(line)
            stream.write(line)

        environment = self._account.job_environment(SAGEMAKER, container.python_path)
        if self._interrupted:
            environment[INTERRUPTION] = _ROUNDS_TO_INTERRUPTION
        with self._lock:
            if self._stopping:
                raise StoppedError
            self._process = self._account.processes.start(
                self._command(container),
                self._folder,
                {**environment, **self._request.get("Environment", {})},
                (follow, follow),
            )
            return self._process

    @property
    def _interrupted(self) -> bool:
        """Whether this instance is one that goes away."""
        spot = bool(self._request.get("EnableManagedSpotTraining"))
        return spot and self._fault == "spot-interruption"

    def _command(self, container: Container) -> list[str]:
        if deed := _STAND_INS.get(self._fault or ""):
            failure = self._folder / "output" / "failure"
            return module_command("generator.local.aws.faulty_job", deed, str(failure))
        return module_command(
            "generator.local.aws.training_container", str(self._folder), container.version
        )

    def _reason(self) -> str:
        file = self._folder / "output" / "failure"
        text = file.read_text(errors="replace").strip() if file.exists() else ""
        # The longest FailureReason that the API knows is 1024 characters.
        text = text[:1000] or "the container ended without saying why"
        return text if text.startswith("AlgorithmError") else f"AlgorithmError: {text}"

    def _upload(self, s3: Any) -> None:
        self._upload_checkpoints(s3)
        if not any((self._folder / "model").iterdir()):
            return
        if not self._stopping:
            self._advance("Uploading")
        archive = self._folder / "model.tar.gz"
        objects.pack(self._folder / "model", archive)
        output = self._request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        uri = f"{output}/{self._request['TrainingJobName']}/output/model.tar.gz"
        try:
            s3.upload_file(str(archive), *objects.split_uri(uri))
        except Exception as error:  # S3's and boto3's failures have no common kind
            raise JobError(f"ClientError: Failed to upload the model to {uri}: {error}") from error
        self.record.set_artifact(uri)

    def _upload_checkpoints(self, s3: Any) -> None:
        if "CheckpointConfig" in self._request:
            uri = self._request["CheckpointConfig"]["S3Uri"]
            objects.upload_folder(s3, self._folder / "checkpoints", uri)

    def _advance(self, secondary: str) -> None:
        with self._lock:
            if self._stopping:
                raise StoppedError
            self.record.enter(secondary)

    def _end(self, secondary: str, status: str, reason: str | None = None) -> None:
        with self._lock:
            self.record.end(secondary, status, reason)
