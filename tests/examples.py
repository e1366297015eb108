"""The repository, an empty project, and the text of a small pipeline that is valid."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator.project import Project

ROOT = Path(__file__).resolve().parents[1]

VALID = """\
schema_version: 1
name: {name}
owner: tests
glue:
  script: clean.py
  arguments:
    source: s3://${{{{ env.data_bucket }}}}/in/
training:
  instance_type: ml.m5.large
  hyperparameters:
    objective: binary:logistic
    num_round: 10
endpoint:
  name: {name}
  instance_type: ml.m5.large
"""

GLUE_SCRIPTS = {
    "clean.py": "print('clean')\n",
    "split.py": """\
import sys

from awsglue.utils import getResolvedOptions

OPTIONAL = ["seed", "train_fraction"]
given = [name for name in OPTIONAL if f"--{name}" in sys.argv]
print(getResolvedOptions(sys.argv, ["JOB_NAME", "source", "output", *given]))
""",
    "join.py": """\
import sys
from awsglue.utils import getResolvedOptions
print(getResolvedOptions(sys.argv, ["input_clean", "output", "source", "key"]))
""",
    "newer.py": "try:\n    print('new')\nexcept* ValueError:\n    pass\n",
    "unfinished.py": "print('clean')\nprint(\n",
}
"""Scripts without arguments, with optional ones, with an input, for Python 3.11, and broken."""


def empty_project(folder: Path) -> Project:
    """Make a project with the repository's environments, loaders and a few Glue scripts."""
    for name in ("environments", "dags"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pipelines", "glue_scripts"):
        (folder / name).mkdir()
    for name, text in GLUE_SCRIPTS.items():
        (folder / "glue_scripts" / name).write_text(text, "utf-8")
    return Project(folder)


def share_database(project: Project) -> None:
    """Let Airflows of a project begin with the empty database that this checkout keeps.

    Making one takes ten seconds.
    """
    kept = ROOT / "build" / "airflow"
    kept.mkdir(parents=True, exist_ok=True)
    (project.root / "build").mkdir(exist_ok=True)
    if not (project.root / "build" / "airflow").exists():
        (project.root / "build" / "airflow").symlink_to(kept)


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value, from the outside in."""
    if path:
        yield path
    entries: Any = ()
    if isinstance(node, dict):
        entries = node.items()
    elif isinstance(node, list):
        entries = enumerate(node)
    for step, value in entries:
        yield from paths(value, (*path, step))


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value that is neither a mapping nor a list."""
    if not isinstance(node, (dict, list)):
        yield path
        return
    for step, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from leaves(value, (*path, step))
