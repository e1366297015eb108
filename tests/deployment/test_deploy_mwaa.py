"""A running MWAA environment is told of what it does not copy by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from deploy_world import MWAA, NAME, PROD, DeployWorld
from healthy_account import Stub
from wheels import tiny_wheel

from generator.deployment.requirements import requirements

FILES = {
    "requirements.txt": "Requirements",
    "startup.sh": "StartupScript",
    "plugins.zip": "Plugins",
}


def in_use(world: DeployWorld, *names: str) -> dict[str, str]:
    """Return the parameters with which an environment uses the newest of these files."""
    found = {}
    for name in names:
        found[f"{FILES[name]}S3Path"] = name
        found[f"{FILES[name]}S3ObjectVersion"] = world.version(name)
    return found


@pytest.fixture
def running(deploy_world: DeployWorld) -> DeployWorld:
    """An environment that uses what was deployed before it was made."""
    deploy_world.deploy()
    deploy_world.make_environment(**in_use(deploy_world, *FILES))
    return deploy_world


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index with nothing but what a bundle needs."""
    shop = tmp_path / "shop"
    for requirement in requirements("3.3.1"):
        tiny_wheel(requirement, shop)
    for name, value in {
        "CONFIG_FILE": "/dev/null",
        "NO_INDEX": "1",
        "FIND_LINKS": str(shop),
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)


def test_it_copies_dags_by_itself(running: DeployWorld) -> None:
    running.pipeline("churn", rounds=20)
    done = running.deploy()
    assert done.code == 0
    assert "MWAA environment" not in done.out
    assert "LastUpdate" not in running.environment()


@pytest.mark.usefixtures("wheels")
def test_it_is_told_of_new_requirements(running: DeployWorld) -> None:
    planned = running.deploy("--offline", "--dry-run").out
    assert "LastUpdate" not in running.environment()
    done = running.deploy("--offline")
    told = (
        f"MWAA environment {NAME} is told to take the new plugins.zip and requirements.txt: 20 to"
    )
    assert (done.code, told in planned, told in done.out) == (0, True, True)
    assert done.out.endswith(f"MWAA environment {NAME} is being updated\n")
    environment = running.environment()
    assert environment.items() >= in_use(running, *FILES).items()
    assert environment["LastUpdate"]["WorkerReplacementStrategy"] == "GRACEFUL"
    assert "MWAA environment" not in running.deploy("--offline").out


@pytest.mark.usefixtures("wheels")
def test_what_it_once_needed_offline_it_does_not_lose_by_mistake(running: DeployWorld) -> None:
    file = running.project.environment_file("prod")
    file.write_text(f"{file.read_text()}deferrable: false\n")
    running.deploy("--offline")
    done = running.deploy()
    assert (done.code, running.gate.changes) == (1, [])
    assert f"use it again, or, if there is internet now, delete plugins.zip from {MWAA}" in done.err
    running.s3.delete_object(Bucket=MWAA, Key="plugins.zip")
    assert running.deploy().code == 0
    assert running.environment().items() >= in_use(running, "requirements.txt").items()


def test_it_is_told_of_what_it_has_missed(running: DeployWorld) -> None:
    """For example because the last deploy broke off before it could be told."""
    running.s3.put_object(Bucket=MWAA, Key="startup.sh", Body=running.read("startup.sh"))
    done = running.deploy()
    assert done.out.startswith("nothing to do in S3")
    assert f"MWAA environment {NAME} is told to take the new startup.sh" in done.out
    assert running.environment().items() >= in_use(running, "startup.sh").items()


def test_one_that_uses_none_of_our_files_is_told_of_them(deploy_world: DeployWorld) -> None:
    deploy_world.make_environment()
    assert deploy_world.deploy().code == 0
    assert deploy_world.environment().items() >= in_use(deploy_world, *FILES).items()


def test_one_that_was_told_of_no_version_took_the_newest(deploy_world: DeployWorld) -> None:
    deploy_world.deploy()
    paths = {f"{parameter}S3Path": name for name, parameter in FILES.items()}
    deploy_world.make_environment(**paths)
    assert "MWAA environment" not in deploy_world.deploy().out


def stub_of(world: DeployWorld, status: int, answer: object) -> Stub:
    stub = Stub()
    stub.answers[f"/environments/{NAME}"] = (status, answer)
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", stub.url)
    return stub


def test_while_it_cannot_be_told_it_says_when_to_come_back(deploy_world: DeployWorld) -> None:
    about = {
        "Name": NAME,
        "Status": "UPDATING",
        "AirflowVersion": "3.3.1",
        "SourceBucketArn": f"arn:aws:s3:::{MWAA}",
        "DagS3Path": "dags",
        "WebserverAccessMode": "PUBLIC_ONLY",
        "CreatedAt": 1_700_000_000,
    }
    stub = stub_of(deploy_world, 200, {"Environment": about})
    first, second = deploy_world.deploy(), deploy_world.deploy()
    stub.stop()
    later = (
        f"MWAA environment {NAME} is UPDATING: deploy again when it is AVAILABLE, so that it takes "
        "the new plugins.zip, requirements.txt and startup.sh\n"
    )
    assert first.out.endswith(later)
    assert second.out.endswith(later)
    # It is the first that has something to tell it.
    assert (first.code, second.code) == (1, 0)
    assert deploy_world.is_whole()


def test_who_may_not_look_at_it_may_upload(deploy_world: DeployWorld) -> None:
    denied = {"__type": "AccessDeniedException", "message": "not authorized"}
    stub = stub_of(deploy_world, 403, denied)
    first, second = deploy_world.deploy(), deploy_world.deploy()
    stub.stop()
    assert f"MWAA environment {NAME} cannot be looked at: you lack airflow:GetEnv" in first.out
    needed = "may have to be told to take the new plugins.zip, requirements.txt and startup.sh"
    assert needed in first.out
    assert (first.code, second.code) == (1, 0)
    assert deploy_world.is_whole()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"AirflowVersion": "2.11.2"}, "acme-ml has 2.11.2, environments/prod.yaml 3.3.1"),
        ({"DagS3Path": "others"}, "acme-ml reads DAGs from others, not from dags"),
        ({"SourceBucketArn": "arn:aws:s3:::others"}, "acme-ml has arn:aws:s3:::others"),
    ],
)
def test_one_that_is_not_as_its_file_says_is_not_deployed_to(
    deploy_world: DeployWorld, settings: dict[str, str], said: str
) -> None:
    deploy_world.make_environment(**settings)
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.changes) == (1, [])
    assert f"pipelines: MWAA environment: {said}" in done.err


def test_its_airflow_version_decides_what_is_uploaded(deploy_world: DeployWorld) -> None:
    deploy_world.write("environments/prod.yaml", PROD.replace("3.3.1", "2.11.2"))
    assert deploy_world.deploy().code == 0
    assert deploy_world.read("dags/glue_scripts/.airflowignore") == b".*\n"
    assert b"typer==" in deploy_world.read("requirements.txt")
