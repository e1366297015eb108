"""Starts and stops the emulated AWS; `python -m generator.local.aws.server` runs it by itself."""

from __future__ import annotations

import argparse
import errno
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from generator.local.aws.account import Account
from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.application import Application
from generator.local.aws.endpoint_definitions import EndpointDefinitions
from generator.local.aws.endpoints import Endpoints
from generator.local.aws.fault_layer import FaultLayer
from generator.local.aws.fault_switch import FaultSwitch
from generator.local.aws.glue import Glue
from generator.local.aws.mwaa import Mwaa
from generator.local.aws.mwaa_registration import MwaaRegistration
from generator.local.aws.policy_simulation import PolicySimulation
from generator.local.aws.recorder import Call, Recorder
from generator.local.aws.rest_json import RestJson
from generator.local.aws.sagemaker_tags import SageMakerTags
from generator.local.aws.service_quotas import ServiceQuotas
from generator.local.aws.training import Training
from generator.local.processes import Processes

LOOPBACK = "127.0.0.1"


class QuietHandler(MotoRequestHandler):
    """Says nothing about requests that went well."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Overrides werkzeug's line per request."""


class EmulatedAws:
    """An AWS account on this machine, from start() to stop() or as a context manager.

    `port` 0 takes any free port. start() and stop() may be called more than once. moto keeps S3
    and the rest in the process, so two at a time in one process would share them. `faults` are
    those of faults.py, and survive a restart. Raises UnknownFaultError.
    """

    def __init__(
        self, port: int = 0, region: str = "us-east-1", faults: Iterable[str] = ()
    ) -> None:
        self._port = port
        self._region = region
        self._faults = ActiveFaults(faults)
        self._account: Account | None = None
        self._recorder: Recorder | None = None
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> EmulatedAws:
        """Listens when it returns. Raises OSError if the port is taken."""
        if self._account is not None:
            return self
        listener = _listen(self._port)
        with listener:
            url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            processes = Processes()
            self._account = Account(self._region, url, processes)
            application = _assemble(self._account, self._faults)
            self._recorder = Recorder(FaultLayer(application, self._faults))
            self._server = make_server(
                LOOPBACK,
                listener.getsockname()[1],
                self._recorder,
                threaded=True,
                request_handler=QuietHandler,
                fd=listener.fileno(),
            )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends every job and endpoint, and removes the temporary folder."""
        if self._account is None or self._server is None or self._thread is None:
            return
        account, self._account = self._account, None
        account.processes.close()
        account.close()
        _reset_moto(account.url)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        account.processes.clean_up()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self._running().url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point boto3, the AWS CLI and Airflow here."""
        return self._running().environment()

    @property
    def calls(self) -> frozenset[Call]:
        """What everybody has called since the last start()."""
        return self._recorder.calls if self._recorder else frozenset()

    @property
    def faults(self) -> tuple[str, ...]:
        """What goes wrong at the moment (`throttling:sagemaker.DescribeTrainingJob=6`).

        To set it replaces the faults, which then begin to count again. Raises UnknownFaultError.
        """
        return self._faults.texts

    @faults.setter
    def faults(self, texts: Iterable[str]) -> None:
        self._faults.set(texts)

    @property
    def struck(self) -> dict[str, int]:
        """How often each fault has struck since it was set, by "fault service.Operation"."""
        return self._faults.struck

    @property
    def jobs_folder(self) -> Path:
        """Holds one folder per job run, with stdout.log and stderr.log growing live."""
        return self._running().jobs_folder

    def __enter__(self) -> EmulatedAws:
        """Starts it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops it."""
        self.stop()

    def _running(self) -> Account:
        if self._account is None:
            raise RuntimeError("The emulated AWS is not running; call start() first.")
        return self._account


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} on {LOOPBACK} is already taken by another program"
            raise OSError(errno.EADDRINUSE, message) from error
        raise
    return listener


def _assemble(account: Account, faults: ActiveFaults) -> Application:
    tags = SageMakerTags()
    definitions = EndpointDefinitions(account, tags)
    endpoints = Endpoints(account, tags, definitions, faults)
    mwaa = Mwaa(account)
    return Application(
        moto=PolicySimulation(DomainDispatcherApplication(create_backend_app)),
        glue=Glue(account, faults),
        sagemaker=(Training(account, tags, faults), definitions, endpoints, tags),
        invoke=endpoints.invoke,
        quotas=ServiceQuotas(account),
        mwaa=RestJson("mwaa", mwaa),
        registration=MwaaRegistration(mwaa),
        faults=FaultSwitch(faults),
    )


def _reset_moto(url: str) -> None:
    # moto's state lives in the process: without this, the next start() would find old buckets.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")  # noqa: S310
    with opener.open(request) as answer:
        answer.read()


def stay(aws: EmulatedAws, greeting: str) -> None:
    """Prints what to export and keeps `aws` up until SIGINT or SIGTERM, then stops it."""
    ended = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: ended.set())
    try:
        print(greeting)
        for name, value in aws.environment.items():
            print(f"export {name}='{value}'")
        print(f"# job logs: {aws.jobs_folder}", flush=True)
        # Looking again and again: a signal that another thread gets does not wake this one.
        while not ended.wait(0.2):
            pass
    finally:
        aws.stop()


def main() -> None:
    """Runs until SIGINT or SIGTERM, after printing what to export."""
    parser = argparse.ArgumentParser(
        prog="python -m generator.local.aws.server", description=__doc__
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free one")
    parser.add_argument("--region", default="us-east-1")
    options = parser.parse_args()
    try:
        aws = EmulatedAws(options.port, options.region).start()
    except OSError as error:
        sys.exit(error.strerror)
    stay(aws, "# The emulated AWS is up until Ctrl-C.")


if __name__ == "__main__":
    main()
