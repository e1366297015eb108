"""One emulated training job: what the platform does around the container."""

from __future__ import annotations

import time
from threading import RLock
from typing import Any

from generator.local.aws import channels, objects
from generator.local.aws.account import SAGEMAKER, Account, module_command
from generator.local.aws.containers import Container, container_of, only_xgboost
from generator.local.aws.log_stream import LogStream
from generator.local.aws.training_record import TrainingRecord
from generator.local.processes import Process, ShuttingDownError

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
# Between SIGTERM and SIGKILL; AWS gives a container 120 seconds:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html
SECONDS_TO_STOP = 120.0


class JobError(Exception):
    """The job fails, with this FailureReason."""


class StoppedError(Exception):
    """StopTrainingJob was called before the container ran."""


class TrainingJob:
    """A job from Starting to its end; execute() lives it in a thread of its own."""

    def __init__(self, account: Account, arn: str, request: dict[str, Any]) -> None:
        self.record = TrainingRecord(arn, request)
        self._account = account
        self._request = request
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
        self._advance("Downloading")
        s3 = self._account.client("s3", SAGEMAKER)
        channels.lay_out(s3, self._account.region, self._request, self._folder)
        self._advance("Training")
        ending = self._train(container)
        self._upload(s3)
        return ending

    def _train(self, container: Container) -> str:
        """How the container ended, as a SecondaryStatus. Raises JobError."""
        name = f"{self._request['TrainingJobName']}/algo-1-{int(time.time() * 1000)}"
        stream = LogStream(self._account.client("logs", SAGEMAKER), LOG_GROUP, name)
        try:
            process = self._start(container, stream)
            code = process.wait(self.record.max_runtime)
            if code is None:
                process.stop(SECONDS_TO_STOP)
        finally:
            stream.close()
        if self._stopping:
            return "Stopped"
        if code is None:
            return "MaxRuntimeExceeded"
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
        with self._lock:
            if self._stopping:
                raise StoppedError
            self._process = self._account.processes.start(
                module_command(
                    "generator.local.aws.training_container", str(self._folder), container.version
                ),
                self._folder,
                {**environment, **self._request.get("Environment", {})},
                (follow, follow),
            )
            return self._process

    def _reason(self) -> str:
        file = self._folder / "output" / "failure"
        text = file.read_text(errors="replace").strip() if file.exists() else ""
        # The longest FailureReason that the API knows is 1024 characters.
        return text[:1000] or "AlgorithmError: the container ended without saying why"

    def _upload(self, s3: Any) -> None:
        if "CheckpointConfig" in self._request:
            uri = self._request["CheckpointConfig"]["S3Uri"]
            objects.upload_folder(s3, self._folder / "checkpoints", uri)
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

    def _advance(self, secondary: str) -> None:
        with self._lock:
            if self._stopping:
                raise StoppedError
            self.record.enter(secondary)

    def _end(self, secondary: str, status: str, reason: str | None = None) -> None:
        with self._lock:
            self.record.end(secondary, status, reason)
