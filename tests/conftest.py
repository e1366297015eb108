"""What several tests share: the repository itself, and small projects made on the spot."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from examples import ROOT, empty_project

from generator.project import Project

LONGEST = (
    "test_faults_sync",
    "test_faults_deferred",
    "test_customer_churn",
    "test_run",
    "test_fuzz",
    "test_dag",
    "test_cache",
)
"""Test files that take long. They begin first, so that no process is left alone with one."""


def pytest_configure() -> None:
    # A shell lets what it starts in the background ignore Ctrl-C, and so would all that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONGEST)  # stable: the others stay in order


@pytest.fixture
def repository() -> Project:
    """The project of this checkout."""
    return Project(ROOT)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project; commands find it wherever they are started."""
    made = empty_project(tmp_path / "a project")
    for variable in ("PIPELINES_ENV", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIPELINES_ROOT", str(made.root))
    return made


@pytest.fixture
def write(project: Project) -> Callable[[str, str], Path]:
    """Write a pipeline file of the small project: name without suffix, text."""

    def write_pipeline(name: str, text: str) -> Path:
        file = project.pipelines / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    return write_pipeline


@pytest.fixture
def pipelines(project: Project) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command `pipelines` in the small project as a real process."""

    def command(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "generator", *arguments],
            cwd=project.root,
            capture_output=True,
            text=True,
            timeout=120,
            **options,  # type: ignore[call-overload]
        )

    return command
