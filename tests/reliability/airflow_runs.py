"""An Airflow that has loaded a project's DAGs once and runs them one after the other, on demand."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from generator.local.airflow import AirflowHome

RUNNER = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from botocore.loaders import JSONFileLoader

read, known = JSONFileLoader.load_file, {}
def read_once(self, path):
    if path not in known:
        known[path] = read(self, path)
    return known[path]
JSONFileLoader.load_file = read_once

bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
print("READY", flush=True)
for name in sys.stdin:
    run = bag.dags[name.strip()].test()
    states = {ti.task_id: [str(ti.state), ti.try_number] for ti in run.get_task_instances()}
    print("ENDED", json.dumps([str(run.state), states]), flush=True)
"""
"""The real scheduler's decisions, tasks and triggers, in one process: dag.test().

boto3 reads its descriptions of AWS anew for every client, which is half of what a run computes;
in a process that goes on they are read once.
"""


class Ended(NamedTuple):
    """A run that has ended: its state, each task's state and tries, what was logged, its time."""

    state: str
    tasks: dict[str, list[Any]]
    log: str
    seconds: float


class AirflowRuns:
    """A child process that runs DAGs; to be closed."""

    def __init__(self, home: AirflowHome, dags: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(dags)],
            cwd=home.folder,
            env=home.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._until("READY", 120)
        except BaseException:
            self.close()
            raise

    def run(self, dag: str, seconds: float) -> Ended:
        """Run a DAG to its end; a run that takes longer than ``seconds`` fails the test."""
        assert self._process.stdin is not None
        started = time.monotonic()
        self._process.stdin.write(f"{dag}\n")
        self._process.stdin.flush()
        *log, last = self._until("ENDED", seconds)
        state, tasks = json.loads(last.removeprefix("ENDED "))
        return Ended(state, tasks, "".join(log), time.monotonic() - started)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _until(self, mark: str, seconds: float) -> list[str]:
        lines: list[str] = []
        deadline = time.monotonic() + seconds
        while not (lines and lines[-1].startswith(mark)):
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = ""
            if not line:
                raise AssertionError(f"no {mark} in {seconds} s: {''.join(lines[-60:])}")
            lines.append(line)
        return lines
