"""One serving process of an endpoint: its model fetched, started, pinged, asked, stopped."""

from __future__ import annotations

import http.client
import random
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path
from threading import Condition
from typing import Any

from botocore.exceptions import ClientError

from generator.local.aws import objects
from generator.local.aws.account import SAGEMAKER, Account, module_command
from generator.local.aws.containers import container_of, only_xgboost
from generator.local.aws.invocation import Invocation
from generator.local.aws.log_stream import LogStream
from generator.local.processes import Process

LOG_GROUP = "/aws/sagemaker/Endpoints"
# The slowest answer that SageMaker Runtime allows a model:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
SECONDS_TO_ANSWER = 60.0
_HEALTH_CHECK_SECONDS = 600.0


class UnhealthyError(Exception):
    """The fleet cannot serve, for this FailureReason."""


class ServingProcess:
    """One serving process, reached through a loopback socket."""

    def __init__(
        self,
        account: Account,
        endpoint: str,
        folder: Path,
        variant: dict[str, Any],
        model: dict[str, Any],
    ) -> None:
        self.variant = variant
        self._account = account
        self._endpoint = endpoint
        self._folder = folder
        self._container = model.get("PrimaryContainer") or model["Containers"][0]
        self._process: Process | None = None
        self._stream: LogStream | None = None
        self._port = 0
        self._complaint = ""
        self._idle = Condition()
        self._requests = 0
        instance = f"{variant['VariantName']}/i-{random.getrandbits(68):017x}"
        self.log = (f"{LOG_GROUP}/{endpoint}", instance)

    def start(self) -> None:
        """Loads the model and waits for the ping. Raises UnhealthyError."""
        container = container_of(self._container.get("Image", ""))
        if container is None:
            raise UnhealthyError(only_xgboost(self._container.get("Image", "(none)")))
        self._fetch_model()
        self._stream = LogStream(self._account.client("logs", SAGEMAKER), *self.log)
        follow = self._follow(self._stream)
        # The socket listens before the process exists: the ping waits in its queue until the
        # container accepts it, and fails at once if the container dies. Nothing has to poll.
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            self._port = listener.getsockname()[1]
            command = module_command(
                "generator.local.aws.serving_container",
                *(str(self._folder / "model"), container.version, str(listener.fileno())),
            )
            environment = self._account.job_environment(SAGEMAKER, container.python_path)
            self._process = self._account.processes.start(
                command,
                self._folder,
                {**environment, **self._container.get("Environment", {})},
                (follow, follow),
                inherited=(listener.fileno(),),
            )
        self._ping(self._process)

    def take_request(self) -> None:
        """Announces a request, so that stop() waits for done_request()."""
        with self._idle:
            self._requests += 1

    def done_request(self) -> None:
        """The request was answered, or failed."""
        with self._idle:
            self._requests -= 1
            self._idle.notify_all()

    def stop(self) -> None:
        """Ends the process after the requests that it still has to answer."""
        with self._idle:
            self._idle.wait_for(lambda: not self._requests, SECONDS_TO_ANSWER)
        if self._process:
            self._process.stop(grace=1.0)
        if self._stream:
            self._stream.close()
            self._stream = None

    def invoke(self, invocation: Invocation) -> tuple[int, str, bytes]:
        """HTTP status, content type and body of the container's answer. Raises OSError."""
        headers = {"Content-Type": invocation.content_type, "Accept": invocation.accept}
        return self._request("POST", "/invocations", SECONDS_TO_ANSWER, invocation.body, headers)

    def _request(
        self, method: str, path: str, timeout: float, body: bytes = b"", headers: Any = None
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            content_type = answer.getheader("Content-Type", "")
            return answer.status, content_type, answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def _fetch_model(self) -> None:
        source = self._container.get("ModelDataSource", {}).get("S3DataSource", {})
        uri = self._container.get("ModelDataUrl") or source.get("S3Uri") or ""
        model, archive = self._folder / "model", self._folder / "model.tar.gz"
        model.mkdir(parents=True)
        try:
            s3 = self._account.client("s3", SAGEMAKER)
            s3.download_file(*objects.split_uri(uri), str(archive))
        except (ClientError, ValueError) as error:
            raise UnhealthyError(
                f'Failed to download model data for container "container_1" for variant '
                f'{self.variant["VariantName"]} from URL: "{uri}". Please ensure that there is an '
                "object located at the URL and that the role passed to CreateModel has permissions "
                "to download the model."
            ) from error
        try:
            objects.unpack(archive, model)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise UnhealthyError(
                f'Failed to extract model data archive from URL "{uri}". Please ensure that the '
                f"object located at the URL is a valid tar.gz archive. ({error})"
            ) from error

    def _ping(self, process: Process) -> None:
        limit = self.variant.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", _HEALTH_CHECK_SECONDS
        )
        try:
            if self._request("GET", "/ping", limit)[0] == 200:
                return
        except OSError:
            process.stop(grace=0.1)  # so that its last line is read before it is quoted
        detail = f" ({self._complaint})" if self._complaint else ""
        raise UnhealthyError(
            f"The primary container for production variant {self.variant['VariantName']} did not "
            f"pass the ping health check. Please check CloudWatch logs for this endpoint.{detail}"
        )

    def _follow(self, stream: LogStream) -> Callable[[str], None]:
        def follow(line: str) -> None:
            if line.startswith("ERROR: "):
                self._complaint = line.removeprefix("ERROR: ")
            stream.write(line)

        return follow
