"""The command `pipelines` as people use it in other terminals, and what it must leave: nothing."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
from examples import ROOT


def pipelines(*arguments: str) -> list[str]:
    """Return the command line of `pipelines`."""
    return [sys.executable, "-m", "generator", *arguments]


class EmulatedAwsProcess:
    """`pipelines aws` as somebody starts it in another terminal."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            pipelines("aws"), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.variables = {}
        for line in self.process.stdout:
            name, found, value = line.removeprefix("export ").strip().partition("=")
            if found and line.startswith("export "):
                self.variables[name] = value.strip("'")
            if name == "AIRFLOW_CONN_AWS_DEFAULT":
                break

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


def obey_curl(command: str) -> str:
    """Run a printed curl line in a shell; where there is no curl, do what it says."""
    if shutil.which("curl"):
        return subprocess.run(
            command, shell=True, capture_output=True, text=True, timeout=60, check=True
        ).stdout
    words = shlex.split(command)
    name, _, value = words[words.index("-H") + 1].partition(": ")
    data = words[words.index("-d") + 1].encode()
    request = urllib.request.Request(words[-1], data, {name: value})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def await_nothing_left(temporary: Path) -> None:
    """Wait until no folder in ``temporary`` and no process that uses it is left."""
    deadline = time.monotonic() + 20
    while (left := _leftovers(temporary)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def _leftovers(temporary: Path) -> list[str]:
    """Return folders in ``temporary`` and the command lines of processes that use it."""
    processes = psutil.process_iter(["cmdline"])
    lines = [" ".join(process.info["cmdline"] or ()) for process in processes]
    folders = [str(path) for path in temporary.iterdir()]
    return folders + [line for line in lines if str(temporary) in line]
