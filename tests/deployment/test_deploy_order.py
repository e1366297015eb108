"""At every moment of a deploy, and however it ends, Airflow can go on with what it finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from deploy_world import ARTIFACTS, MWAA, DeployWorld
from gate import MANIFEST

from generator.deployment.bucket import Bucket
from generator.deployment.manifest import AT_WORK, BusyError, Manifest, Record

CHURN = "dags/pipelines/churn.yaml"
LOADER = "dags/pipelines.py"


def refuse_from(world: DeployWorld, number: int) -> None:
    """Have the gate refuse all changes from that one on, but those of the manifest."""
    left = [number]

    def refuse(_method: str, place: str) -> None:
        if not place.endswith(MANIFEST):
            left[0] -= 1
            if left[0] < 0:
                raise PermissionError

    world.gate.before = refuse


def let_all_through(world: DeployWorld) -> None:
    world.gate.before = lambda *_: None


def places(keys: list[str], *names: str) -> list[int]:
    """Return where in ``keys`` the last of each folder or file comes."""
    return [max(at for at, key in enumerate(keys) if name in key) for name in names]


def test_the_first_time_the_loaders_come_last(deploy_world: DeployWorld) -> None:
    deploy_world.write("pipelines/_defaults.yaml", "retries: 1\n")
    deploy_world.deploy()
    keys = deploy_world.gate.objects()
    assert keys[0].startswith("glue_scripts/")
    order = ["/generator/", "environments/", "_defaults.yaml", CHURN, LOADER, "requirements.txt"]
    assert (found := places(keys, *order)) == sorted(found)
    first, last = deploy_world.gate.changes[0], deploy_world.gate.changes[-1]
    assert first == last == ("PUT", f"{MWAA}/{MANIFEST}")


def test_new_code_comes_whole_then_the_loaders_and_then_what_needs_it(
    deploy_world: DeployWorld,
) -> None:
    deploy_world.pipeline("late")
    deploy_world.deploy()
    former = set(deploy_world.listed())
    (deploy_world.project.pipelines / "late.yaml").unlink()
    deploy_world.pipeline("churn", rounds=20)
    deploy_world.write("pipelines/_defaults.yaml", "retries: 1\n")
    deploy_world.ship(b"# newer\n")
    deploy_world.deploy()
    keys = deploy_world.gate.objects()
    order = ["/generator/", LOADER, "_defaults.yaml", CHURN]
    assert (found := places(keys, *order)) == sorted(found)
    changed = [
        (method, place) for method, place in deploy_world.gate.changes if MANIFEST not in place
    ]
    assert changed[-1] == ("DELETE", f"{MWAA}/dags/pipelines/late.yaml")
    assert "/generator/" in keys[0] or "/.airflowignore" in keys[0]
    assert not {key for key in former if "/generator" in key} & set(keys), "new code, new folder"


def test_the_code_of_before_stays_until_the_next(deploy_world: DeployWorld) -> None:
    def folders() -> int:
        return len({key.split("/")[1] for key in deploy_world.listed() if "/generator-" in key})

    counts = []
    for code in (b"1", b"2", b"2", b"3", b"1"):
        deploy_world.ship(code)
        assert deploy_world.deploy().code == 0
        counts.append(folders())
    assert counts == [1, 2, 2, 2, 2]
    assert "2 of an earlier deploy kept for what still runs" in deploy_world.deploy().out
    assert deploy_world.code() == b"1"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, 16, 3))
def test_a_deploy_that_broke_off_can_be_repeated(deploy_world: DeployWorld, number: int) -> None:
    refuse_from(deploy_world, number)
    assert deploy_world.deploy().code == 1
    assert deploy_world.manifest()["state"] == "stopped"
    claimed = deploy_world.manifest()["objects"]["mwaa"]
    assert set(deploy_world.listed()) <= claimed.keys(), "nothing is there that nobody knows of"
    let_all_through(deploy_world)
    assert deploy_world.deploy().code == 0
    assert deploy_world.is_whole()
    assert len(deploy_world.gate.objects()) + number >= len(deploy_world.listed()), "only the rest"
    assert deploy_world.deploy().out.startswith("nothing to do in S3")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, 6, 2))
def test_an_update_that_broke_off_can_be_followed_by_another(
    deploy_world: DeployWorld, number: int
) -> None:
    gone = deploy_world.pipeline("late")
    deploy_world.deploy()
    gone.unlink()
    deploy_world.ship(b"2")
    deploy_world.pipeline("churn", rounds=20)
    refuse_from(deploy_world, number)
    assert deploy_world.deploy().code == 1
    let_all_through(deploy_world)
    deploy_world.ship(b"3")
    deploy_world.pipeline("churn", rounds=30)
    assert deploy_world.deploy().code == 0
    assert deploy_world.code() == b"3"
    assert b"num_round: 30" in deploy_world.read(CHURN)
    assert "dags/pipelines/late.yaml" not in deploy_world.listed()


@pytest.mark.slow
def test_of_two_deploys_at_once_the_second_is_refused(deploy_world: DeployWorld) -> None:
    answers = []

    def second(_method: str, place: str) -> None:
        if place == f"{MWAA}/{CHURN}":
            deploy_world.gate.before = lambda *_: None
            answers.append(deploy_elsewhere(deploy_world))

    deploy_world.gate.before = second
    assert deploy_world.deploy().code == 0
    (answer,) = answers
    assert answer.returncode == 1
    assert f"another deploy is at work in {MWAA} since " in answer.stderr
    assert "deploy again in 5" in answer.stderr or "deploy again in 600 s" in answer.stderr
    assert deploy_world.is_whole()


def deploy_elsewhere(world: DeployWorld) -> subprocess.CompletedProcess[str]:
    """Deploy the same project from another process, past the gate."""
    variables = {**os.environ, "AWS_ENDPOINT_URL_S3": world.variables["AWS_ENDPOINT_URL"]}
    return subprocess.run(
        [sys.executable, "-m", "generator", "deploy", "--env", "prod"],
        env=variables,
        capture_output=True,
        text=True,
    )


def test_of_two_that_have_looked_one_may_begin(deploy_world: DeployWorld) -> None:
    bucket = Bucket(deploy_world.s3, MWAA)
    for _ in range(2):  # without a manifest, and with one
        records = [Record(bucket), Record(bucket)]
        for record in records:
            record.read("prod", ARTIFACTS)
        records[0].write(Manifest("prod", ARTIFACTS))
        with pytest.raises(BusyError, match=f"another deploy has changed {MWAA} meanwhile"):
            records[1].write(Manifest("prod", ARTIFACTS, offline=True))
        assert deploy_world.manifest()["offline"] is False


def test_a_deploy_that_is_overtaken_stops(deploy_world: DeployWorld) -> None:
    """One that was taken for dead, and woke up again."""

    def overtake(_method: str, place: str) -> None:
        if place == f"{MWAA}/{CHURN}":
            deploy_world.put(
                MANIFEST, Manifest("prod", ARTIFACTS, state=AT_WORK).to_json(9).decode()
            )

    deploy_world.gate.before = overtake
    done = deploy_world.deploy()
    assert done.code == 1
    assert f"another deploy has changed {MWAA} meanwhile: deploy again" in done.err
    assert LOADER not in deploy_world.listed(), "nothing after that stage"


@pytest.mark.slow
def test_a_deploy_that_was_killed_is_waited_for_a_while(
    deploy_world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = held_up(deploy_world)
    process.kill()
    process.communicate()
    let_all_through(deploy_world)
    assert "another deploy is at work" in deploy_world.deploy().err
    monkeypatch.setattr("generator.deployment.manifest.LAPSE", 0)
    assert deploy_world.deploy().code == 0
    assert deploy_world.is_whole()


@pytest.mark.slow
def test_ctrl_c_leaves_it_to_be_repeated_at_once(deploy_world: DeployWorld) -> None:
    process = held_up(deploy_world)
    process.send_signal(signal.SIGINT)
    time.sleep(2)  # until the signal has arrived
    let_all_through(deploy_world)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "stopped\n")
    assert deploy_world.deploy().code == 0
    assert deploy_world.is_whole()


def held_up(world: DeployWorld) -> subprocess.Popen[str]:
    """Start a deploy in another process, and return while it waits for its pipeline to be put."""
    arrived = threading.Event()

    def hold(_method: str, place: str) -> None:
        if place == f"{MWAA}/{CHURN}":
            arrived.set()
            while world.gate.before is hold:
                time.sleep(0.01)

    world.gate.before = hold
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", "deploy", "--env", "prod"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert arrived.wait(60)
    return process
