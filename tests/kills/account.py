"""An emulated AWS in a process of its own, and the door that Airflow reaches it through."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from living_airflow import await_that, free_port

from generator.local.account_setup import Clients
from generator.local.aws.account import module_command, variables
from generator.local.processes import Process, Processes

REGION = "us-east-1"
_JOBS = re.compile(r"# job logs: (.+)")
BUCKETS = ("local-data", "local-artifacts")


class Account:
    """The emulated AWS on a port that stays, behind a door on another; both can be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes = Processes()
        self._port, self._door_port = free_port(), free_port()
        self.clients = Clients(variables(f"http://127.0.0.1:{self._port}", REGION))
        self.variables = variables(f"http://127.0.0.1:{self._door_port}", REGION)
        """What sends Airflow through the door."""
        self._jobs_folders: list[str] = []
        self._door = self._open()
        self._aws = self._begin()

    def _begin(self) -> Process:
        """Start an empty AWS and upload what is trained on: a label and two features."""
        command = module_command("generator.local.aws.server", "--port", str(self._port))
        aws = self._run("aws", command)
        printed = self._folder / "aws" / "stdout.log"
        await_that(lambda: _JOBS.search(printed.read_text()), "AWS is up")
        self._jobs_folders += _JOBS.findall(printed.read_text())
        s3 = self.clients["s3"]
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket)
        random = np.random.default_rng(7)
        rows = [f"{a + b > 1:d},{a:.3f},{b:.3f}" for a, b in random.random((200, 2))]
        s3.put_object(Bucket=BUCKETS[0], Key="train/rows.csv", Body="\n".join(rows).encode())
        return aws

    def _open(self) -> Process:
        door = str(Path(__file__).with_name("door.py"))
        return self._run("door", [sys.executable, door, str(self._door_port), str(self._port)])

    def _run(self, name: str, command: list[str]) -> Process:
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stdout.log").write_bytes(b"")
        return self._processes.start(command, folder, os.environ)

    def kill_door(self) -> None:
        """Nobody reaches AWS any more; AWS and its jobs go on."""
        self._door.kill()
        self._door.wait()

    def open_door(self) -> None:
        self._door = self._open()

    def kill(self) -> None:
        """SIGKILL the emulated AWS: what was in it is gone."""
        self._aws.kill()
        self._aws.wait()

    def begin_anew(self) -> None:
        """Start it again on the same port, with nothing but the data."""
        self._aws = self._begin()

    def cause(self, *faults: str) -> None:
        """Let these faults happen from now on, and no others."""
        self._faults(json.dumps({"faults": faults}).encode())

    def await_strike(self) -> None:
        """Wait until a fault has struck."""
        await_that(lambda: self._faults()["struck"], "a fault strikes")

    def _faults(self, wanted: bytes | None = None) -> Any:
        url = f"{self.clients.url}/_pipelines/faults"
        request = urllib.request.Request(url, wanted, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def jobs(self, part: str) -> dict[str, str]:
        """Return the status of each training job with this part in its name, oldest first."""
        answer = self.clients["sagemaker"].list_training_jobs(
            NameContains=part, SortOrder="Ascending"
        )
        found = answer["TrainingJobSummaries"]
        return {job["TrainingJobName"]: job["TrainingJobStatus"] for job in found}

    def hold(self, part: str) -> str:
        """Wait for a job of this part to begin, let it pause there, and return its name.

        It is paused (SIGSTOP) as soon as there is a process of it: so it cannot end, and costs
        nothing, until it is released.
        """
        running = ("InProgress",)
        name = str(
            await_that(
                lambda: next((n for n, s in self.jobs(part).items() if s in running), None),
                "a training job begins",
                pause=0.1,
            )
        )
        await_that(lambda: self._signal(name, signal.SIGSTOP), "its process is there", pause=0.02)
        return name

    def release(self, name: str) -> None:
        """Let a job that is held go on; a request to stop it reaches it now."""
        self._signal(name, signal.SIGCONT)

    def processes(self, name: str) -> list[psutil.Process]:
        """Return the processes of a job, also where the AWS that has started it is gone."""
        folders = {f"{folder}/{name}" for folder in self._jobs_folders}
        return [process for process in psutil.process_iter() if _words(process) & folders]

    def _signal(self, name: str, signum: int) -> bool:
        found = self.processes(name)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signum)
        return bool(found)

    def stop(self) -> None:
        """End everything."""
        self._aws.stop()
        self._processes.close()
        self._processes.clean_up()


def _words(process: psutil.Process) -> set[str]:
    with suppress(psutil.Error):
        return set(process.cmdline())
    return set()
