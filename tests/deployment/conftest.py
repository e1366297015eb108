"""The emulated AWS account and the project that the tests of the doctor look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doctor_world import World, write_project
from examples import empty_project
from healthy_account import HealthyAccount

from generator.cli import main
from generator.project import Project


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HealthyAccount]:
    """An account in which all is well and a project is deployed."""
    made = HealthyAccount()
    try:
        made.set_up()
        project = empty_project(tmp_path_factory.mktemp("deployed") / "a project")
        with pytest.MonkeyPatch.context() as patch:
            write_project(project, made, patch)
            patch.setenv("PIPELINES_ROOT", str(project.root))
            assert main(["deploy", "--env", "prod"]) == 0
        made.make_first_environment()
        yield made
    finally:
        made.stop()


@pytest.fixture
def world(
    account: HealthyAccount,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> World:
    """The same project as the deployed one, for a test to change."""
    write_project(project, account, monkeypatch)
    return World(account, project, monkeypatch, capsys)
