"""Runs what is measured in processes of their own, in turns, and compares within each round."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.projects import ENVIRONMENT, MAKERS, ROOT

BLUEPRINT = ROOT / "build" / "bench" / "blueprint"
"""Where `make bench` installs airflow-blueprint, which is only compared to."""


class Rounds:
    """The competitors' folders below ``work``, made when they are needed, and what was measured."""

    def __init__(self, work: Path, rounds: int) -> None:
        self.work = work
        self.temporary = work / "tmp"
        self.rounds = rounds
        self.competitors = [name for name in MAKERS if name != "blueprint" or BLUEPRINT.is_dir()]
        self.measured: dict[str, dict[str, list[float]]] = {}
        """Row -> what -> the figure of each round."""

    def loader(self, competitor: str, count: int) -> Path:
        """Return the loader file of so many pipelines."""
        folder = self.work / f"{count}" / competitor
        paths = folder / "loader"
        if not paths.exists():
            print(f"… {count:,} pipelines for {competitor}", file=sys.stderr, flush=True)
            loader = MAKERS[competitor](folder, count)
            paths.write_text(str(loader))
        return Path(paths.read_text())

    def child(self, what: str, loader: Path, **variables: str) -> dict[str, Any]:
        """Measure one loader in a new process; see child.py for what there is to measure."""
        command = [sys.executable, "-m", "benchmarks.child", what, str(loader)]
        done = subprocess.run(
            command,
            env=self.environment(loader, **variables),
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        found = [line for line in done.stdout.splitlines() if line.startswith("MEASURED ")]
        if done.returncode or not found:
            sys.exit(f"{what} of {loader} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        measured: dict[str, Any] = json.loads(found[-1].removeprefix("MEASURED "))
        return measured

    def seconds(
        self, what: str, competitor: str, count: int, **variables: str
    ) -> Callable[[], float]:
        """Return how to measure the seconds of a competitor's loader in a new process."""
        loader = self.loader(competitor, count)

        def measure() -> float:
            return float(self.child(what, loader, **variables)["seconds"])

        return measure

    def environment(self, loader: Path, **variables: str) -> dict[str, str]:
        """Return the variables of a process in which a loader is executed."""
        home = self.work / "airflow"
        self.temporary.mkdir(exist_ok=True)
        return {
            **inherited(),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(loader.parent),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY": "False",
            "PIPELINES_ENV": ENVIRONMENT,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(BLUEPRINT)]),
            "PYTHONWARNINGS": "ignore",
            "TMPDIR": str(self.temporary),  # where our loader keeps what it has made
            **variables,
        }

    def turns(self, row: str, figures: Mapping[str, Callable[[], float]]) -> None:
        """Measure each figure once in every round, after one round that does not count."""
        kept: dict[str, list[float]] = {name: [] for name in figures}
        for number in range(self.rounds + 1):
            for name, measure in figures.items():
                figure = measure()
                if number:
                    kept[name].append(figure)
        self.measured[row] = kept

    def ratio(self, row: str, one: str, other: str) -> float:
        """Return the median of one figure's ratio to another, taken in each round."""
        kept = self.measured[row]
        pairs = zip(kept[one], kept[other], strict=True)
        return statistics.median(first / second for first, second in pairs)

    def median(self, row: str, name: str) -> float:
        return statistics.median(self.measured[row][name])


def inherited() -> dict[str, str]:
    """Return our variables, but that each process writes and finds what it has compiled."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def cpu_seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Run a command, which has to succeed; return the CPU seconds of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command, folder, environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wall_seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Run a command, which has to succeed; return how long a person waits for it."""
    begin = perf_counter()
    _run(command, folder, environment)
    return perf_counter() - begin


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
