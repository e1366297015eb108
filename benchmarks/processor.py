"""The rows for which the real DAG processor parses, into a new database of its own."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.projects import ROOT
from benchmarks.result import TIMEOUT, Result
from benchmarks.rounds import Rounds, cpu_seconds, wall_seconds
from generator.deployment.loader_file import loader_files

_FOUND = "SELECT count(*), count(DISTINCT fileloc), max(last_parse_duration) FROM dag"
_LOST = "SELECT count(*) FROM import_error"


def processor(rounds: Rounds, count: int) -> list[Result]:
    """Compare one pass over everything."""
    figures = {
        name: partial(_one_pass, rounds, rounds.loader(name, count), _home(rounds, name))
        for name in ("plain", "ours", "dag-factory")
    }
    rounds.turns("processor", figures)
    ours, factory = (rounds.ratio("processor", name, "plain") for name in ("ours", "dag-factory"))
    return [
        Result("whole DAG processor pass / plain", ours, "<=", 1.10),
        Result("the same, dag-factory / plain", factory, "", None),
    ]


def scale(rounds: Rounds, count: int) -> list[Result]:
    """Parse ``count`` pipelines and five times as many, each in the loader files of a bundle."""
    results = []
    for each in (count, 5 * count):
        loader = _spread(rounds.loader("ours", each).parent, each)
        home = _home(rounds, f"{each}")
        took = _one_pass(rounds, loader, home, wall_seconds)
        found, files, longest = _row(home, _FOUND)
        assert (found, _row(home, _LOST)) == (each, (0,)), f"{found} of {each} DAGs"
        measure = f"first parse of the slowest of {files} loader files, {each:,} pipelines"
        also = f"the whole pass takes {took:.0f} s"
        results.append(Result(measure, longest, "<=", TIMEOUT / 2, "s", also))
    return results


def _home(rounds: Rounds, name: str) -> Path:
    return rounds.work / f"airflow-of-{name}"


def _spread(dags: Path, count: int) -> Path:
    """Write the loader files that a bundle has of so many pipelines; return one of them."""
    folder = dags.with_name("dags in shards")
    folder.mkdir()
    for loader in (dags / "pipelines.py", dags / "pipeline_errors.py"):
        for name, content in loader_files(loader.name, loader.read_text("utf-8"), "code", count):
            (folder / name).write_bytes(content)
    return folder / "pipelines.py"


def _one_pass(
    rounds: Rounds, loader: Path, home: Path, measure: Callable[..., float] = cpu_seconds
) -> float:
    environment = rounds.environment(loader, AIRFLOW_HOME=str(home))
    environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home}/airflow.db"
    environment["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "600"
    environment["AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT"] = "900"
    airflow = str(Path(sys.executable).parent / "airflow")
    home.mkdir(exist_ok=True)
    cpu_seconds([airflow, "db", "reset", "--yes"], ROOT, environment)
    return measure([airflow, "dag-processor", "--num-runs", "1"], ROOT, environment)


def _row(home: Path, query: str) -> tuple[Any, ...]:
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        return tuple(database.execute(query).fetchone())
