"""The table, benchmarks/results.json and the picture."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.result import TIMEOUT, Result
from benchmarks.rounds import Rounds

PACKAGES = ("apache-airflow", "apache-airflow-providers-amazon", "dag-factory")


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = ["| measure | result | goal | met | |", "|---|---|---|---|---|"]
    for each in results:
        goal = "" if each.goal is None else f"{each.better} {_figure(each.goal, each.unit)}"
        met = {None: "", True: "yes", False: "no"}[each.met]
        figure = _figure(each.value, each.unit)
        lines.append(f"| {each.measure} | {figure} | {goal} | {met} | {each.also} |")
    return "\n".join(lines)


def _figure(value: float, unit: str) -> str:
    if unit == "":
        return f"{value:g}"
    return f"{value:.2f} s" if unit == "s" else f"{value:.3g}"


def write_json(
    path: Path,
    rounds: Rounds,
    count: int,
    results: Sequence[Result],
    curve: Mapping[str, Mapping[int, float]],
) -> None:
    """Write everything that was measured, and on what."""
    about = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}",
        "packages": {name: version(name) for name in PACKAGES},
        "pipelines": count,
        "rounds": rounds.rounds,
    }
    rows = [{**each._asdict(), "met": each.met} for each in results]
    document = {
        **about,
        "rows": rows,
        "figures_of_each_round": rounds.measured,
        "seconds_by_pipelines": curve,
    }
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def draw(path: Path, curve: Mapping[str, Mapping[int, float]]) -> None:
    """Draw the time of one parse against the number of pipelines, both logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "benchmarks"  # the same picture for the same figures
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7.5, 4.5))
    for name, style in (
        ("dag-factory", "s-"),
        ("blueprint", "d-"),
        ("ours", "o-"),
        ("plain", "k--"),
    ):
        if points := curve.get(name):
            label = {"plain": "plain Python", "ours": "this project"}.get(name, name)
            axes.plot(list(points), list(points.values()), style, label=label, markersize=4)
    axes.axhline(TIMEOUT, color="firebrick", linewidth=1)
    axes.text(1, TIMEOUT * 1.1, "Airflow gives up (30 s)", color="firebrick", fontsize=8)
    axes.set(xscale="log", yscale="log", xlabel="pipelines", ylabel="CPU seconds of one parse")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(which="major", alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
