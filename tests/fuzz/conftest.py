"""The project that the fuzzers write their files into, and the loaders that read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from examples import ROOT
from glue_values import SCRIPTS
from judges import Judges

from generator.project import Project


@pytest.fixture(scope="session")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judges]:
    """Lint and the DAG loader, in a project with the repository's environments and no pipeline."""
    root = tmp_path_factory.mktemp("fuzz") / "a project"
    shutil.copytree(ROOT / "environments", root / "environments")
    (root / "pipelines").mkdir()
    for name, text in SCRIPTS.items():
        script = root / "glue_scripts" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(text)
    judges = Judges(Project(root), tmp_path_factory.mktemp("airflow"))
    yield judges
    judges.close()
