"""The repository, an empty project, and the text of a small pipeline that is valid."""

import shutil
from pathlib import Path

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


def empty_project(folder: Path) -> Project:
    """Make a project with the repository's environments, loaders and one Glue script."""
    for name in ("environments", "dags"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pipelines", "glue_scripts"):
        (folder / name).mkdir()
    (folder / "glue_scripts" / "clean.py").write_text("print('clean')\n")
    return Project(folder)
