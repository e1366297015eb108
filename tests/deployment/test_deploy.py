"""`pipelines deploy` brings S3 to what the project says, and touches nothing of others."""

from __future__ import annotations

import subprocess
import sys

import pytest
from deploy_world import ARTIFACTS, MWAA, PROD, DeployWorld
from examples import ROOT

from generator.deployment import manifest

CHURN = "dags/pipelines/churn.yaml"


def test_all_of_a_bundle_goes_to_the_two_buckets(deploy_world: DeployWorld) -> None:
    deploy_world.ship(None)
    done = deploy_world.deploy()
    assert (done.code, done.err) == (0, "")
    assert deploy_world.is_whole()
    assert f"  upload  {CHURN}  (" in done.out
    assert "  upload  requirements.txt  (" in done.out
    assert "MWAA environment acme-ml is not there yet" in done.out
    assert deploy_world.manifest()["state"] == "done"


def test_the_second_time_there_is_nothing_to_do(deploy_world: DeployWorld) -> None:
    deploy_world.deploy()
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.changes) == (0, [])
    assert done.out.startswith("nothing to do in S3, ")
    assert "unchanged" in done.out


def test_only_what_has_changed_is_uploaded(deploy_world: DeployWorld) -> None:
    deploy_world.pipeline("late")
    deploy_world.deploy()
    deploy_world.pipeline("late", rounds=20)
    deploy_world.write("glue_scripts/clean.py", "print('cleaner')\n")
    done = deploy_world.deploy()
    script = "glue_scripts/clean.py"
    assert deploy_world.gate.objects() == [script, f"dags/{script}", "dags/pipelines/late.yaml"]
    assert "  update  dags/pipelines/late.yaml  (" in done.out
    assert "\n3 updates (" in done.out
    assert deploy_world.is_whole()


def test_what_is_gone_is_deleted_and_nothing_of_others(deploy_world: DeployWorld) -> None:
    deploy_world.put("dags/of_others.py", "# a DAG of others")
    deploy_world.put("dags/pipelines/of_others.csv", "1,2")
    deploy_world.put("glue_scripts/of_others.py", "print()", ARTIFACTS)
    deploy_world.put("elsewhere.txt", "not below dags/")
    for folder in ("dags/", "dags/pipelines/"):  # as the console makes them
        deploy_world.put(folder, "")
    gone = deploy_world.pipeline("late")
    assert "3 objects of others left alone" in deploy_world.deploy().out
    gone.unlink()
    (deploy_world.project.glue_scripts / "newer.py").unlink()
    done = deploy_world.deploy()
    assert "  delete  dags/pipelines/late.yaml" in done.out
    assert "3 deletions, " in done.out
    assert "3 objects of others left alone" in done.out
    others = {"dags/of_others.py", "dags/pipelines/of_others.csv", "elsewhere.txt"}
    assert set(deploy_world.listed()) == deploy_world.bundle()[MWAA].keys() | others
    assert "glue_scripts/of_others.py" in deploy_world.listed(ARTIFACTS)
    assert "glue_scripts/newer.py" not in deploy_world.listed(ARTIFACTS)
    assert "late.yaml" not in str(deploy_world.manifest()), "others may use the name now"


def test_what_was_changed_by_hand_is_put_right(deploy_world: DeployWorld) -> None:
    deploy_world.deploy()
    deploy_world.put(CHURN, "schema_version: 1\n")
    deploy_world.s3.delete_object(Bucket=MWAA, Key="startup.sh")
    done = deploy_world.deploy()
    assert f"  update  {CHURN}  (" in done.out
    assert "changed by hand since the last deploy)" in done.out
    assert "  upload  startup.sh" in done.out
    assert deploy_world.is_whole()


def test_what_was_replaced_by_hand_is_not_deleted(deploy_world: DeployWorld) -> None:
    gone = deploy_world.pipeline("late")
    deploy_world.deploy()
    gone.unlink()
    deploy_world.put("dags/pipelines/late.yaml", "of others by now")
    for _ in range(2):  # it is told until somebody has decided
        done = deploy_world.deploy()
        assert f"not deleted: s3://{MWAA}/dags/pipelines/late.yaml has been changed" in done.out
        assert deploy_world.read("dags/pipelines/late.yaml") == b"of others by now"
    deploy_world.s3.delete_object(Bucket=MWAA, Key="dags/pipelines/late.yaml")
    assert "not deleted" not in deploy_world.deploy().out


def test_nothing_of_others_is_overwritten(deploy_world: DeployWorld) -> None:
    deploy_world.put("requirements.txt", "pandas\n")
    deploy_world.put("glue_scripts/clean.py", "print('mine')\n", ARTIFACTS)
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.changes) == (1, [])
    assert f"s3://{MWAA}/requirements.txt is there, with other content" in done.err
    assert f"s3://{ARTIFACTS}/glue_scripts/clean.py is there, with other content" in done.err


def test_what_is_there_already_as_it_should_be_counts_as_ours(deploy_world: DeployWorld) -> None:
    """Somebody may have copied a bundle by hand, or deleted the manifest."""
    deploy_world.deploy()
    deploy_world.s3.delete_object(Bucket=MWAA, Key="pipelines-deploy.json")
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.objects()) == (0, [])
    (deploy_world.project.glue_scripts / "newer.py").unlink()
    assert "2 deletions, " in deploy_world.deploy().out


def test_a_dry_run_says_the_same_and_changes_nothing(deploy_world: DeployWorld) -> None:
    tried = deploy_world.deploy("--dry-run")
    assert (tried.code, deploy_world.gate.changes) == (0, [])
    plan, _, rest = tried.out.rpartition("nothing was changed (--dry-run)\n")
    assert rest == ""
    assert deploy_world.deploy().out.startswith(plan)


def test_a_mistake_stops_it_before_aws_is_asked(
    deploy_world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    deploy_world.write("pipelines/late.yaml", "schema_version: 1\nname: late\n")
    done = deploy_world.deploy()
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("pipelines/late.yaml:1:1: ")
    assert "nothing was done: 2 errors, see above" in done.err


def test_an_environment_without_mwaa_has_nowhere_to_deploy_to(deploy_world: DeployWorld) -> None:
    deploy_world.write("environments/prod.yaml", PROD.partition("mwaa:")[0])
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.changes) == (2, [])
    assert done.err == (
        "pipelines: environments/prod.yaml has no section mwaa, so there is nowhere to deploy to; "
        "add it with `environment` and `bucket`\n"
    )


def test_a_missing_bucket_is_named(deploy_world: DeployWorld) -> None:
    deploy_world.write("environments/prod.yaml", PROD.replace(MWAA, "acme-absent"))
    done = deploy_world.deploy()
    assert (done.code, done.out, deploy_world.gate.changes) == (1, "", [])
    assert done.err == (
        "pipelines: MWAA bucket: there is no acme-absent. infra/base.yaml makes it: see "
        "infra/README.md.\n"
    )


def test_without_credentials_it_says_how_to_get_them(
    deploy_world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(deploy_world.project.root))
    done = deploy_world.deploy()
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.startswith("pipelines: Credentials: there are none. Sign in (`aws sso login`)")


def test_another_account_is_not_deployed_to(deploy_world: DeployWorld) -> None:
    deploy_world.write("environments/prod.yaml", PROD.replace("123456789012", "222222222222"))
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.changes) == (1, [])
    assert "these are of account 123456789012, the roles in environments/prod.yaml of" in done.err


def test_what_aws_refuses_is_one_sentence(deploy_world: DeployWorld) -> None:
    def refuse(_method: str, place: str) -> None:
        if place == f"{MWAA}/{CHURN}":
            raise PermissionError

    deploy_world.gate.before = refuse
    done = deploy_world.deploy()
    assert done.code == 1
    assert done.err == (
        "pipelines: AWS refuses PutObject: Access Denied (AccessDenied); once that is mended, "
        "deploy again\n"
    )


def test_the_emulated_aws_has_its_buckets_made(deploy_world: DeployWorld) -> None:
    done = deploy_world.deploy(env="local")
    assert (done.code, done.err) == (0, "")
    assert CHURN in deploy_world.listed("local-mwaa")
    assert "glue_scripts/clean.py" in deploy_world.listed("local-artifacts")
    assert "not there yet" not in done.out


def test_an_emulated_aws_that_does_not_run_is_not_looked_for_at_aws(
    deploy_world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    done = deploy_world.deploy(env="local")
    assert done.code == 2
    assert "environment 'local' is on the emulated AWS: start `pipelines aws`" in done.err


@pytest.mark.parametrize("env", ["local", "prod"])
def test_an_emulated_aws_that_has_ended_is_to_be_started_again(
    deploy_world: DeployWorld, monkeypatch: pytest.MonkeyPatch, env: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    done = deploy_world.deploy(env=env)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("pipelines: Credentials: nothing answers at http://127.0.0.1:1.")


def test_without_boto3_it_says_what_to_install(deploy_world: DeployWorld) -> None:
    program = "import sys; sys.modules['boto3'] = None; from generator.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}", "deploy", "--env", "prod"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "boto3 is not installed; run `make install`" in done.stderr


def test_a_bucket_serves_one_environment(deploy_world: DeployWorld) -> None:
    deploy_world.deploy()
    deploy_world.write("environments/dev.yaml", PROD)
    done = deploy_world.deploy(env="dev")
    assert (done.code, deploy_world.gate.changes) == (1, [])
    assert f"{MWAA} has the pipelines of environment 'prod': correct mwaa.bucket" in done.err


def test_another_artifacts_bucket_is_new_and_the_one_before_is_left_alone(
    deploy_world: DeployWorld,
) -> None:
    deploy_world.deploy()
    deploy_world.s3.create_bucket(Bucket="acme-newer")
    deploy_world.put("glue_scripts/clean.py", "of others", "acme-newer")
    deploy_world.write("environments/prod.yaml", PROD.replace(ARTIFACTS, "acme-newer"))
    assert "s3://acme-newer/glue_scripts/clean.py is there, with" in deploy_world.deploy().err
    deploy_world.s3.delete_object(Bucket="acme-newer", Key="glue_scripts/clean.py")
    assert deploy_world.deploy().code == 0
    assert deploy_world.listed("acme-newer") == deploy_world.listed(ARTIFACTS) != []


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1, "objects": 3}'])
def test_a_manifest_that_cannot_be_read_stops_it(deploy_world: DeployWorld, text: str) -> None:
    deploy_world.put(manifest.KEY, text)
    done = deploy_world.deploy()
    assert (done.code, deploy_world.gate.changes) == (1, [])
    assert f"{manifest.KEY} in {MWAA} cannot be read: " in done.err


def test_a_manifest_of_a_newer_version_stops_it(deploy_world: DeployWorld) -> None:
    deploy_world.put(manifest.KEY, '{"format": 2}')
    assert "is of a newer `pipelines` (format 2): update yours" in deploy_world.deploy().err
