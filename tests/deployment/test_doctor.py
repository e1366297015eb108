"""`pipelines doctor` on an account in which all is well, and with one thing broken at a time."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from broken_things import BREAKS
from doctor_world import ACCOUNT, NOTIFY, Diagnosis, World

from generator.cli import main
from generator.deployment.health import CHECKS


def test_an_account_made_with_our_templates_is_right_in_everything(world: World) -> None:
    found = world.doctor()
    assert found.troubles == []
    assert found.code == 0
    assert "- " not in found.text
    assert len(found.lines) == len(CHECKS)
    assert found.text.startswith(
        f"Environment prod: account {ACCOUNT}, us-east-1 (environments/prod.yaml), at http://127."
    )
    assert found.text.endswith(f"\n{len(CHECKS)} right\n")


def test_into_a_pipe_it_writes_plain_text(world: World) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "doctor", "--env", "prod"],
        cwd=world.project.root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert len(Diagnosis(0, done.stdout).lines) == len(CHECKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_said_and_nothing_else(world: World, name: str) -> None:
    broken = BREAKS[name]
    breaking = broken.how(world)
    next(breaking)
    try:
        found = world.doctor()
    finally:
        next(breaking, None)
    deployed = "Deployed" in str(broken.lines)
    troubles = found.troubles if deployed else found.troubles_of_the_account
    assert len(troubles) == len(broken.lines), found.text
    for (mark, said), (expected, *pieces) in zip(troubles, broken.lines, strict=True):
        assert mark == expected, found.text
        assert re.search(".*".join(map(re.escape, pieces)), said), found.text
        assert " → " in said
    assert broken.skipped in found.skipped
    assert found.code == broken.code


def test_airflow_2_is_asked_at_its_own_paths(world: World) -> None:
    world.account.make_environment(
        "two",
        **{
            key: value
            for key, value in world.account.environment().items()
            if key.startswith(("Requirements", "Startup"))
        },
        AirflowVersion="2.11.2",
    )
    world.change_file("environment: acme-ml\n", "environment: two\n  airflow_version: 2.11.2\n")
    found = world.doctor()
    world.account.client("mwaa").delete_environment(Name="two")
    assert found.troubles_of_the_account == []
    assert ("✓", "Airflow: answers as 2.11.2, scheduler and triggerer are well") in found.lines


def test_a_pipeline_of_glue_jobs_alone_needs_nothing_of_sagemaker(world: World) -> None:
    file = world.project.pipelines / "churn.yaml"
    file.write_text(file.read_text("utf-8").partition("training:")[0], "utf-8")
    found = world.doctor()
    assert found.troubles_of_the_account == []
    assert "SageMaker role may: no pipeline needs it" in found.skipped
    assert "SageMaker quotas: no pipeline needs an instance" in found.skipped


def test_without_network_key_and_topic_there_is_nothing_to_look_at(world: World) -> None:
    file = world.project.environment_file("prod")
    kept = [
        line
        for line in file.read_text("utf-8").splitlines()
        if not line.strip().startswith(
            ("network", "subnets", "security", "kms_key", "alerts_topic")
        )
    ]
    file.write_text("\n".join(kept) + "\n", "utf-8")
    world.change_pipeline(NOTIFY, "")
    found = world.doctor()
    assert found.troubles_of_the_account == []
    for said in ("no section network", "no kms_key_arn", "no alerts_topic_arn"):
        assert said in found.skipped


def test_the_local_environment_wants_the_emulated_aws_first(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert main(["doctor", "--env", "local"]) == 2
    said = capsys.readouterr().err
    assert "start `pipelines aws`" in said
    assert "AWS_ENDPOINT_URL" in said


def test_the_local_environment_says_that_a_run_makes_what_is_missing(world: World) -> None:
    found = world.doctor("local")
    assert found.code == 1
    how = "`pipelines run NAME` on this emulated AWS makes it."
    assert ("✗", f"Data bucket: there is no local-data → {how}") in found.troubles
    assert "the emulated AWS does without" in found.skipped


def test_boto3_is_not_loaded_before_it_is_needed() -> None:
    program = "import sys, generator.deployment.commands; print('boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"
