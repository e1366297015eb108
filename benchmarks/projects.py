"""The pipelines that are measured: N of them from a seed, and the same for each competitor."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks.plain import plain_file
from generator.airflow_version import nearest
from generator.compiler import compile_pipeline
from generator.environment import load_environment
from generator.project import Project

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "prod"
TEAMS = 20
SEED = 6


class Values(NamedTuple):
    """What differs between two pipelines, as text."""

    name: str
    schedule: str
    train_fraction: str
    num_round: str
    max_depth: str
    eta: str


MARKERS = Values("marked-name", "59 23 31 12 6", "0.12345", "98765", "43210", "0.54321")
"""Values that stand nowhere else in a pipeline, so that each can be found again."""

_KEY = {
    name: re.compile(rf"^(\s*{name}: )(\"[^\"]*\"|\S+)", re.MULTILINE) for name in Values._fields
}


def values(count: int, seed: int = SEED) -> Iterator[Values]:
    """Yield the values of ``count`` pipelines; the same ones for a seed, whatever the count."""
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        yield Values(
            f"churn-{number:05}",
            f"{draw.randrange(60)} {draw.randrange(24)} * * {draw.randrange(7)}",
            f"{draw.randrange(500, 900) / 1000}",
            str(draw.randrange(50, 500)),
            str(draw.randrange(3, 10)),
            f"{draw.randrange(100, 400) / 1000}",
        )


def text(own: Values) -> str:
    """Return the pipeline customer-churn with other values; with a name of its own all over."""
    written = (ROOT / "pipelines" / "customer-churn.yaml").read_text("utf-8")
    written = written.replace("name: customer-churn", f"name: {own.name}")
    for key, value in own._asdict().items():
        new = f'"{value}"' if key == "schedule" else value
        if key != "name":
            written = _KEY[key].sub(lambda found, new=new: found[1] + new, written, count=1)
    return written


def make_ours(folder: Path, count: int) -> Path:
    """Write a project of ``count`` pipelines; return its loader."""
    for name in ("environments", "glue_scripts", "dags"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for number, own in enumerate(values(count)):
        file = folder / "pipelines" / f"team-{number % TEAMS:02}" / f"{own.name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(own), "utf-8")
    return folder / "dags" / "pipelines.py"


def make_plain(folder: Path, count: int) -> Path:
    """Write the same DAGs as one would by hand: a function, and a loop over what differs."""
    folder.mkdir(parents=True)
    marked = _configuration(folder / "marked", MARKERS)
    file = folder / "plain.py"
    file.write_text(plain_file(marked, MARKERS._asdict(), [list(own) for own in values(count)]))
    return file


def make_dag_factory(folder: Path, count: int) -> Path:
    """Write each pipeline as a YAML file of dag-factory; return the loader that its guide shows."""
    folder.mkdir(parents=True)
    marked = yaml.safe_dump(_configuration(folder / "marked", MARKERS), sort_keys=False, width=1000)
    for own in values(count):
        (folder / f"{own.name}.yaml").write_text(_filled(marked, own._asdict()))
    file = folder / "factory.py"
    lines = (
        "from airflow.sdk import DAG  # without this word Airflow takes it for no DAG file",
        "from dagfactory import load_yaml_dags",
        f"load_yaml_dags(globals(), {str(folder)!r})",
    )
    file.write_text("\n".join(lines) + "\n")
    return file


def make_blueprint(folder: Path, count: int) -> Path:
    """Write a blueprint of the whole pipeline and a YAML file for each; return the loader."""
    folder.mkdir(parents=True)
    marked = _configuration(folder / "marked", MARKERS)
    blueprint = plain_file(marked, MARKERS._asdict(), [], as_blueprint=True)
    (folder / "churn_blueprint.py").write_text(blueprint)
    for own in values(count):
        step = {"blueprint": "churn", **own._asdict()}
        document = {"dag_id": own.name, "schedule": own.schedule, "steps": {"churn": step}}
        (folder / f"{own.name}.dag.yaml").write_text(yaml.safe_dump(document))
    file = folder / "loader.py"
    file.write_text("from blueprint import build_all_airflow_dags\n\nbuild_all_airflow_dags()\n")
    return file


MAKERS = {
    "plain": make_plain,
    "ours": make_ours,
    "dag-factory": make_dag_factory,
    "blueprint": make_blueprint,
}


def _configuration(folder: Path, own: Values) -> Mapping[str, object]:
    """Return the dag-factory configuration of one pipeline under the Airflow that runs."""
    for name in ("environments", "glue_scripts"):
        shutil.copytree(ROOT / name, folder / name)
    file = folder / "pipelines" / f"{own.name}.yaml"
    file.parent.mkdir()
    file.write_text(text(own), "utf-8")
    project = Project(folder)
    environment, problems = load_environment(project, ENVIRONMENT)
    assert environment is not None, problems
    environment = replace(environment, airflow=nearest(version("apache-airflow")))
    configuration, problems = compile_pipeline(project, environment, file)
    assert configuration is not None, problems
    shutil.rmtree(folder)
    return configuration


def _filled(marked: str, own: Mapping[str, str]) -> str:
    for key, marker in MARKERS._asdict().items():
        marked = marked.replace(marker, own[key])
    return marked
