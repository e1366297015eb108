"""What is measured: each row of the table, its goal, and how it is found out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.child import ASKED
from benchmarks.projects import ROOT, values
from benchmarks.rounds import Rounds, cpu_seconds, wall_seconds

TIMEOUT = 30.0
"""Seconds that Airflow gives a DAG file: `dagbag_import_timeout`."""


class Result(NamedTuple):
    """A row of the table: ``better`` is "<=" or ">=", in which the goal is met."""

    measure: str
    value: float
    better: str
    goal: float | None
    unit: str = "x"
    also: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "<=" else self.value >= self.goal


def equal(rounds: Rounds, count: int) -> list[Result]:
    """Prove that ours, with all that makes it fast and without, and plain Python are the same."""
    count = min(count, 25)
    ours = rounds.loader("ours", count)
    plain = rounds.child("serialize", rounds.loader("plain", count))["digests"]
    seeds = {seed: {"PYTHONHASHSEED": str(seed)} for seed in (1, 2, 3)}
    same = [rounds.child("serialize", ours, **each)["digests"] for each in seeds.values()]
    unlike = sum(each != plain for each in same)
    return [Result(f"DAGs that differ from plain Python's, of {3 * count}", unlike, "<=", 0, "")]


def loader(rounds: Rounds, count: int) -> list[Result]:
    """Execute the loader in a process that has imported Airflow."""
    peaks: dict[str, list[float]] = {name: [] for name in rounds.competitors}

    def measure(name: str) -> Callable[[], float]:
        own = rounds.loader(name, count)

        def seconds() -> float:
            found = rounds.child("load", own)
            assert found["dags"] == count, (name, found)
            peaks[name].append(found["peak_mib"])
            return float(found["seconds"])

        return seconds

    figures = {name: measure(name) for name in rounds.competitors}
    own = rounds.seconds("load", "ours", count)

    def first() -> float:
        for kept in rounds.temporary.glob("pipelines-cache-*"):
            shutil.rmtree(kept)
        return own()

    rounds.turns("loader", {**figures, "ours, first parse": first})
    rounds.measured["memory"] = {name: kept[1:] for name, kept in peaks.items()}
    per_dag = {name: 1000 * rounds.median("loader", name) / count for name in figures}
    also = ", ".join(f"{name} {took:.2f} ms per DAG" for name, took in per_dag.items())
    compared = [
        Result(f"the same, {name} / plain", rounds.ratio("loader", name, "plain"), "", None)
        for name in rounds.competitors
        if name not in ("plain", "ours")
    ]
    more = rounds.ratio("loader", "dag-factory", "ours")
    most = f"ours {TIMEOUT * 1000 / per_dag['ours']:,.0f} in {TIMEOUT:.0f} s"
    memory = rounds.ratio("memory", "ours", "plain")
    return [
        Result(
            "executing the loader / plain",
            rounds.ratio("loader", "ours", "plain"),
            "<=",
            1.8,
            also=also,
        ),
        Result(
            "its first parse after a change / plain",
            rounds.ratio("loader", "ours, first parse", "plain"),
            "",
            None,
        ),
        *compared,
        Result("pipelines before the timeout / dag-factory's", more, ">=", 8, also=most),
        Result("peak memory / plain", memory, "<=", 1.2),
    ]


def processor(rounds: Rounds, count: int) -> list[Result]:
    """Let the real DAG processor parse everything once, into a new database."""
    figures = {
        name: partial(_one_pass, rounds, rounds.loader(name, count), name)
        for name in ("plain", "ours", "dag-factory")
    }
    rounds.turns("processor", figures)
    return [
        Result(
            "whole DAG processor pass / plain",
            rounds.ratio("processor", "ours", "plain"),
            "<=",
            1.10,
        ),
        Result(
            "the same, dag-factory / plain",
            rounds.ratio("processor", "dag-factory", "plain"),
            "",
            None,
        ),
    ]


def _one_pass(rounds: Rounds, own: Path, name: str) -> float:
    home = rounds.work / f"airflow-of-{name}"
    environment = rounds.environment(own, AIRFLOW_HOME=str(home))
    environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home}/airflow.db"
    environment["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "600"
    environment["AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT"] = "900"
    airflow = str(Path(sys.executable).parent / "airflow")
    home.mkdir(exist_ok=True)
    cpu_seconds([airflow, "db", "reset", "--yes"], ROOT, environment)
    command = [airflow, "dag-processor", "--num-runs", "1"]
    return cpu_seconds(command, ROOT, environment)


def task(rounds: Rounds, count: int) -> list[Result]:
    """What a worker pays before each task; it asks for one DAG, and has imported no provider."""
    asked = next(iter(values(1))).name
    figures = {
        f"{name}, {each}": rounds.seconds("load-for-task", name, each, **{ASKED: asked})
        for name, each in (("ours", count), ("ours", 1), ("dag-factory", count))
    }
    rounds.turns("task", figures)
    many, one, factory = figures
    return [
        Result(
            "parse before a task: dag-factory / ours",
            rounds.ratio("task", factory, many),
            ">=",
            50,
            also=f"ours {1000 * rounds.median('task', many):.0f} ms of CPU",
        ),
        Result(
            f"parse before a task: {count:,} pipelines / 1",
            rounds.ratio("task", many, one),
            "<=",
            1.2,
        ),
    ]


def fork(rounds: Rounds, _: int) -> list[Result]:
    """One pipeline in a DAG processor that runs: it forks, and its imports of Airflow are done."""
    figures = {
        name: rounds.seconds("load-in-forks", name, 1) for name in ("plain", "ours", "dag-factory")
    }
    rounds.turns("fork", figures)
    also = f"ours {1000 * rounds.median('fork', 'ours'):.0f} ms of CPU"
    return [
        Result(
            "1 pipeline in a running processor / plain",
            rounds.ratio("fork", "ours", "plain"),
            "<=",
            1.3,
            also=also,
        ),
        Result(
            "the same, dag-factory / plain", rounds.ratio("fork", "dag-factory", "plain"), "", None
        ),
    ]


def lint(rounds: Rounds, count: int) -> list[Result]:
    """`pipelines lint` as a whole process, as a person waits for it."""
    results = []
    goals = {1: 0.35, 1000: 3.0}
    for each in (1, count):
        folder = rounds.loader("ours", each).parents[1]
        environment = {**os.environ, "PIPELINES_ROOT": str(folder), "PYTHONPATH": str(ROOT)}
        row = f"lint {each}"
        command = [sys.executable, "-m", "generator", "lint", "--env", "prod"]
        bare = [sys.executable, "-c", "import yaml, jsonschema, jinja2"]
        figures = {
            "lint": partial(wall_seconds, command, folder, environment),
            "imports": partial(wall_seconds, bare, folder, environment),
        }
        rounds.turns(row, figures)
        also = f"{rounds.ratio(row, 'lint', 'imports'):.1f} times what its libraries' imports take"
        what = "1 file" if each == 1 else f"{each:,} files"
        results.append(
            Result(
                f"`pipelines lint` of {what}",
                rounds.median(row, "lint"),
                "<=",
                goals.get(each),
                "s",
                also,
            )
        )
    return results


ROWS: dict[str, Callable[[Rounds, int], list[Result]]] = {
    "equal": equal,
    "loader": loader,
    "processor": processor,
    "task": task,
    "fork": fork,
    "lint": lint,
}
