"""`pipelines deploy` brings S3 to what the project says, and touches nothing of others."""

from __future__ import annotations

import subprocess
import sys

import pytest
from deploy_world import ARTIFACTS, MWAA, PROD, DeployWorld, emulated, world  # noqa: F401
from examples import ROOT

from generator.deployment import manifest

CHURN = "dags/pipelines/churn.yaml"


def test_all_of_a_bundle_goes_to_the_two_buckets(world: DeployWorld) -> None:
    done = world.deploy()
    assert (done.code, done.err) == (0, "")
    assert world.is_whole()
    assert f"s3://{MWAA}\n  upload  {CHURN}" in done.out.replace("environments", "x") or CHURN
    assert "  upload  requirements.txt  (" in done.out
    assert "MWAA environment acme-ml is not there yet" in done.out
    assert world.manifest()["state"] == "done"


def test_the_second_time_there_is_nothing_to_do(world: DeployWorld) -> None:
    world.deploy()
    done = world.deploy()
    assert (done.code, world.gate.changes) == (0, [])
    assert done.out.startswith("nothing to do in S3, ")
    assert "unchanged" in done.out


def test_only_what_has_changed_is_uploaded(world: DeployWorld) -> None:
    world.pipeline("late")
    world.deploy()
    world.pipeline("late", rounds=20)
    world.write("glue_scripts/clean.py", "print('cleaner')\n")
    done = world.deploy()
    script = "glue_scripts/clean.py"
    assert world.gate.objects() == [script, f"dags/{script}", "dags/pipelines/late.yaml"]
    assert "  update  dags/pipelines/late.yaml  (" in done.out
    assert "\n3 updates (" in done.out
    assert world.is_whole()


def test_what_is_gone_is_deleted_and_nothing_of_others(world: DeployWorld) -> None:
    world.put("dags/of_others.py", "# a DAG of others")
    world.put("dags/pipelines/of_others.csv", "1,2")
    world.put("glue_scripts/of_others.py", "print()", ARTIFACTS)
    world.put("elsewhere.txt", "not below dags/")
    gone = world.pipeline("late")
    assert "3 objects of others left alone" in world.deploy().out
    gone.unlink()
    (world.project.glue_scripts / "newer.py").unlink()
    done = world.deploy()
    assert "  delete  dags/pipelines/late.yaml" in done.out
    assert "3 deletions, " in done.out
    assert "3 objects of others left alone" in done.out
    others = {"dags/of_others.py", "dags/pipelines/of_others.csv", "elsewhere.txt"}
    assert set(world.keys()) == world.bundle()[MWAA].keys() | others
    assert "glue_scripts/of_others.py" in world.keys(ARTIFACTS)
    assert "glue_scripts/newer.py" not in world.keys(ARTIFACTS)


def test_what_was_changed_by_hand_is_put_right(world: DeployWorld) -> None:
    world.deploy()
    world.put(CHURN, "schema_version: 1\n")
    world.s3.delete_object(Bucket=MWAA, Key="startup.sh")
    done = world.deploy()
    assert f"  update  {CHURN}  (" in done.out
    assert "changed by hand since the last deploy)" in done.out
    assert "  upload  startup.sh" in done.out
    assert world.is_whole()


def test_what_was_replaced_by_hand_is_not_deleted(world: DeployWorld) -> None:
    gone = world.pipeline("late")
    world.deploy()
    gone.unlink()
    world.put("dags/pipelines/late.yaml", "of others by now")
    for _ in range(2):  # it is told until somebody has decided
        done = world.deploy()
        assert f"not deleted: s3://{MWAA}/dags/pipelines/late.yaml has been changed" in done.out
        assert world.read("dags/pipelines/late.yaml") == b"of others by now"
    world.s3.delete_object(Bucket=MWAA, Key="dags/pipelines/late.yaml")
    assert "not deleted" not in world.deploy().out


def test_nothing_of_others_is_overwritten(world: DeployWorld) -> None:
    world.put("requirements.txt", "pandas\n")
    world.put("glue_scripts/clean.py", "print('mine')\n", ARTIFACTS)
    done = world.deploy()
    assert (done.code, world.gate.changes) == (1, [])
    assert f"s3://{MWAA}/requirements.txt is there, with other content" in done.err
    assert f"s3://{ARTIFACTS}/glue_scripts/clean.py is there, with other content" in done.err


def test_what_is_there_already_as_it_should_be_counts_as_ours(world: DeployWorld) -> None:
    """Somebody may have copied a bundle by hand, or deleted the manifest."""
    world.deploy()
    world.s3.delete_object(Bucket=MWAA, Key="pipelines-deploy.json")
    done = world.deploy()
    assert (done.code, world.gate.objects()) == (0, [])
    (world.project.glue_scripts / "newer.py").unlink()
    assert "2 deletions, " in world.deploy().out


def test_a_dry_run_says_the_same_and_changes_nothing(world: DeployWorld) -> None:
    tried = world.deploy("--dry-run")
    assert (tried.code, world.gate.changes) == (0, [])
    plan, _, rest = tried.out.rpartition("nothing was changed (--dry-run)\n")
    assert rest == ""
    assert world.deploy().out.startswith(plan)


def test_a_mistake_stops_it_before_aws_is_asked(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    world.write("pipelines/late.yaml", "schema_version: 1\nname: late\n")
    done = world.deploy()
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("pipelines/late.yaml:1:1: ")
    assert "nothing was done: 2 errors, see above" in done.err


def test_an_environment_without_mwaa_has_nowhere_to_deploy_to(world: DeployWorld) -> None:
    world.write("environments/prod.yaml", PROD.partition("mwaa:")[0])
    done = world.deploy()
    assert (done.code, world.gate.changes) == (2, [])
    assert done.err == (
        "pipelines: environments/prod.yaml has no section mwaa, so there is nowhere to deploy to; "
        "add it with `environment` and `bucket`\n"
    )


def test_a_missing_bucket_is_named(world: DeployWorld) -> None:
    world.write("environments/prod.yaml", PROD.replace(MWAA, "acme-absent"))
    done = world.deploy()
    assert (done.code, done.out, world.gate.changes) == (1, "", [])
    assert done.err == (
        "pipelines: MWAA bucket: there is no acme-absent. infra/base.yaml makes it: see "
        "infra/README.md.\n"
    )


def test_without_credentials_it_says_how_to_get_them(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(world.project.root))
    done = world.deploy()
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.startswith("pipelines: Credentials: there are none. Sign in (`aws sso login`)")


def test_another_account_is_not_deployed_to(world: DeployWorld) -> None:
    world.write("environments/prod.yaml", PROD.replace("123456789012", "222222222222"))
    done = world.deploy()
    assert (done.code, world.gate.changes) == (1, [])
    assert "these are of account 123456789012, the roles in environments/prod.yaml of" in done.err


def test_what_aws_refuses_is_one_sentence(world: DeployWorld) -> None:
    def refuse(_method: str, place: str) -> None:
        if place == f"{MWAA}/{CHURN}":
            raise PermissionError

    world.gate.before = refuse
    done = world.deploy()
    assert done.code == 1
    assert done.err == (
        "pipelines: AWS refuses PutObject: Access Denied (AccessDenied); once that is mended, "
        "deploy again\n"
    )


def test_the_emulated_aws_has_its_buckets_made(world: DeployWorld) -> None:
    done = world.deploy(env="local")
    assert (done.code, done.err) == (0, "")
    assert CHURN in world.keys("local-mwaa")
    assert "glue_scripts/clean.py" in world.keys("local-artifacts")
    assert "not there yet" not in done.out


def test_an_emulated_aws_that_does_not_run_is_not_looked_for_at_aws(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    done = world.deploy(env="local")
    assert done.code == 2
    assert "environment 'local' is on the emulated AWS: start `pipelines aws`" in done.err


def test_without_boto3_it_says_what_to_install(world: DeployWorld) -> None:
    program = "import sys; sys.modules['boto3'] = None; from generator.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}", "deploy", "--env", "prod"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "boto3 is not installed; run `make install`" in done.stderr


def test_a_bucket_serves_one_environment(world: DeployWorld) -> None:
    world.deploy()
    world.write("environments/dev.yaml", PROD)
    done = world.deploy(env="dev")
    assert (done.code, world.gate.changes) == (1, [])
    assert f"{MWAA} has the pipelines of environment 'prod': correct mwaa.bucket" in done.err


def test_scripts_in_an_artifacts_bucket_of_before_are_left_there(world: DeployWorld) -> None:
    world.deploy()
    world.s3.create_bucket(Bucket="acme-newer")
    world.write("environments/prod.yaml", PROD.replace(ARTIFACTS, "acme-newer"))
    assert world.deploy().code == 0
    assert world.keys("acme-newer") == world.keys(ARTIFACTS) != []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "objects": 3}', "nonsense"])
def test_a_manifest_that_cannot_be_read_stops_it(world: DeployWorld, text: str) -> None:
    world.put(manifest.KEY, text)
    done = world.deploy()
    assert (done.code, world.gate.changes) == (1, [])
    assert f"{manifest.KEY} in {MWAA} cannot be read: " in done.err


def test_a_manifest_of_a_newer_version_stops_it(world: DeployWorld) -> None:
    world.put(manifest.KEY, '{"format": 2}')
    assert "is of a newer `pipelines` (format 2): update yours" in world.deploy().err
