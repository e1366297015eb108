"""What is measured: each row of the table, its goal, and how it is found out."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import partial

from benchmarks.child import ASKED
from benchmarks.processor import processor, scale
from benchmarks.projects import ROOT, values
from benchmarks.result import TIMEOUT, Result
from benchmarks.rounds import Rounds, inherited, wall_seconds


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
        environment = {**inherited(), "PIPELINES_ROOT": str(folder), "PYTHONPATH": str(ROOT)}
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
    "scale": scale,
    "task": task,
    "fork": fork,
    "lint": lint,
}
