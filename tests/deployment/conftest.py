"""The emulated AWS accounts and the projects that the doctor and a deploy look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deploy_world import DeployWorld
from doctor_world import World, write_project
from examples import empty_project
from gate import Gate
from healthy_account import HealthyAccount
from terminals import EmulatedAwsProcess

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


@pytest.fixture(scope="module")
def emulated() -> Iterator[dict[str, str]]:
    """The variables of an emulated AWS in a process of its own."""
    aws = EmulatedAwsProcess()
    yield aws.variables
    aws.stop()


@pytest.fixture
def deploy_world(
    emulated: dict[str, str],
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[DeployWorld]:
    gate = Gate(emulated["AWS_ENDPOINT_URL"])
    world = DeployWorld(project, emulated, gate, monkeypatch, capsys)
    world.set_up()
    yield world
    world.reset()
    gate.stop()
