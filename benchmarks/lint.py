"""How long `pipelines lint` takes: one file, and a thousand, each as a whole process.

Every time is the median of several runs that take turns with what it is compared to, so that a
busy machine slows both; compare the ratios, not the seconds, between machines.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
LINT = (sys.executable, "-m", "generator", "lint")
BARE = (sys.executable, "-c", "pass")
LIBRARIES = (sys.executable, "-c", "import yaml, jsonschema, jinja2")
READING = (
    sys.executable,
    "-c",
    "import pathlib, yaml\n"
    "for path in pathlib.Path('pipelines').rglob('*.yaml'):\n"
    "    yaml.load(path.read_text(), yaml.CSafeLoader)",
)


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        copy_pipelines(project, 1)
        compare("one file", project, {"lint": LINT, "imports": LIBRARIES, "python": BARE}, 15)
        copy_pipelines(project, 1_000)
        compare("1,000 files", project, {"lint": LINT, "yaml.load": READING, "python": BARE}, 5)


def copy_pipelines(project: Path, count: int) -> None:
    """Make ``project`` hold ``count`` pipelines like customer-churn, no two alike."""
    for name in ("environments", "glue_scripts"):
        shutil.copytree(ROOT / name, project / name, dirs_exist_ok=True)
    shutil.rmtree(project / "pipelines", ignore_errors=True)
    text = (ROOT / "pipelines" / "customer-churn.yaml").read_text("utf-8")
    for number in range(count):
        name, team = f"churn-{number:04}", f"team-{number % 20:02}"
        file = project / "pipelines" / team / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        own = text.replace("name: customer-churn", f"name: {name}")
        file.write_text(own.replace("0 6 * * MON", f"{number % 60} {number % 24} * * MON"), "utf-8")


def compare(title: str, folder: Path, commands: Mapping[str, Sequence[str]], runs: int) -> None:
    """Print the median time of each command in seconds, and how many times the first takes it."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            taken[name].append(seconds(command, folder))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    first = next(iter(medians.values()))
    print(f"{title} (median of {runs} runs)")
    for name, median in medians.items():
        print(f"  {name:<10} {median:6.3f} s   lint takes {first / median:5.2f} times as long")


def seconds(command: Sequence[str], folder: Path) -> float:
    """Run a command in ``folder`` and return the seconds that it took; it has to succeed."""
    environment = {**os.environ, "PIPELINES_ROOT": str(folder), "PYTHONPATH": str(ROOT)}
    begin = perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begin


if __name__ == "__main__":
    main()
