"""`pipelines doctor` where AWS does not let it look, or does not answer at all."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from doctor_world import ACCOUNT, Diagnosis, World

from generator.aws_requests.place import Permission
from generator.compiler import judge
from generator.deployment.health import CHECKS
from generator.deployment.health.account import Account
from generator.deployment.health.examination import examine
from generator.deployment.health.installation import Installation
from generator.deployment.health.permissions import denied
from generator.deployment.health.result import Level
from generator.environment import load_environment

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
READS = [
    *("ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"),
    *("iam:GetRole", "iam:SimulatePrincipalPolicy", "kms:DescribeKey", "sns:GetTopicAttributes"),
    *("s3:GetBucketAcl", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock"),
    *("s3:GetBucketVersioning", "s3:GetObject", "s3:ListBucket"),
    *("airflow:GetEnvironment", "airflow:InvokeRestApi", "servicequotas:ListServiceQuotas"),
]
"""All that the doctor needs to look at everything."""


@contextmanager
def signed_in(world: World, *statements: dict[str, Any]) -> Iterator[None]:
    """Be a user with a policy of these statements, in an account that asks who may do what."""
    iam = world.account.client("iam")
    iam.create_user(UserName="anna")
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="anna", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="anna")["AccessKey"]
    world.monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    world.monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    world.account.enforce_policies(True)
    try:
        yield
    finally:
        world.account.enforce_policies(False)
        iam.delete_access_key(UserName="anna", AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName="anna", PolicyName="all")
        iam.delete_user(UserName="anna")


@pytest.mark.parametrize(
    ("action", "subject"),
    [
        ("kms:DescribeKey", "Key"),
        ("iam:GetRole", "Glue role"),
        ("ec2:DescribeSubnets", "Network of jobs"),
        ("sns:GetTopicAttributes", "Topics"),
        ("s3:GetBucketVersioning", "MWAA bucket"),
    ],
)
def test_what_may_not_be_looked_at_is_said_with_the_permission_and_is_no_failure(
    world: World, action: str, subject: str
) -> None:
    with signed_in(world, EVERYTHING, {"Effect": "Deny", "Action": action, "Resource": "*"}):
        found = world.doctor()
    assert found.code == 0
    assert {mark for mark, _ in found.troubles} == {"?"}
    assert found.troubles[0][1] == (
        f"{subject}: you may not look: {action} is missing → Let a policy of yours allow {action}."
    )


def test_a_bucket_that_may_not_be_looked_at_may_be_somebody_elses(world: World) -> None:
    denied_bucket = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*data*"}
    with signed_in(world, EVERYTHING, denied_bucket):
        found = world.doctor()
    assert found.code == 0
    [(mark, said)] = found.troubles
    assert mark == "?"
    assert re.search("Data bucket: .* may not be looked at → Somebody else's bucket", said)
    assert "s3:ListBucket" in said


def test_a_handful_of_read_permissions_is_enough_to_look_at_everything(world: World) -> None:
    # moto asks for its own name of what takes s3:ListBucket.
    allowed = [*READS, "s3:HeadBucket"]
    with signed_in(world, {"Effect": "Allow", "Action": allowed, "Resource": "*"}):
        found = world.doctor()
    assert found.troubles == []
    assert len(found.lines) == len(CHECKS)


class WatchedAccount(Account):
    """Remembers what it is asked."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def _once(self, service: str, operation: str, parameters: dict[str, Any], ask: Any) -> Any:
        self.asked.append((service, operation, parameters))
        return super()._once(service, operation, parameters, ask)


def test_it_never_asks_for_more_than_it_says_and_never_for_a_change(world: World) -> None:
    environment, _ = load_environment(world.project, "prod")
    assert environment is not None
    account = WatchedAccount("us-east-1")
    verdicts = tuple(judge(world.project, environment))
    installation = Installation(world.project, environment, verdicts, account)
    results = [each for found in examine(CHECKS, installation) for each in found]
    account.close()
    assert {each.level for each in results} == {Level.RIGHT}
    for service, operation, parameters in account.asked:
        if operation == "invoke_rest_api":
            assert parameters["Method"] == "GET"
        else:
            assert operation.startswith(("get_", "list_", "describe_", "head_", "simulate_"))
        assert service in ("sts", "s3", "iam", "ec2", "kms", "sns", "mwaa", "service-quotas")


def test_actions_that_iam_simulates_only_apart_are_asked_for_apart(world: World) -> None:
    account = Account("us-east-1")
    role = world.account.outputs["MwaaRoleArn"]
    bucket = f"arn:aws:s3:::{world.account.outputs['DataBucket']}"
    wanted = [
        Permission("s3:ListBucket", bucket),
        Permission("sts:AssumeRole", bucket),
        Permission("s3:DeleteBucket", bucket),
    ]
    assert denied(account, role, wanted) == wanted[1:]
    account.close()


def test_of_a_thousand_pipelines_each_kind_of_name_is_tried_a_hundred_times(world: World) -> None:
    account = WatchedAccount("us-east-1")
    role = world.account.outputs["MwaaRoleArn"]
    names = [f"arn:aws:glue:us-east-1:{ACCOUNT}:job/{each}" for each in range(1000)]
    refused = denied(account, role, [Permission("glue:GetJob", name) for name in names])
    account.close()
    assert len(refused) == 100
    assert len(account.asked) == 5


# ---------------------------------------------------------------- AWS does not answer


def one_sentence(found: Diagnosis) -> str:
    """Return what the doctor says of the credentials, and nothing else but that it stops there."""
    [(mark, said)] = found.troubles
    assert mark == "✗"
    assert found.code == 1
    assert found.skipped.count("\n") == 0
    assert found.skipped.endswith("only once 'Credentials' is right")
    return said


def test_without_credentials_it_says_so_once(world: World) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        world.monkeypatch.delenv(name)
    world.monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(world.project.root / "none"))
    assert one_sentence(world.doctor()) == (
        "Credentials: there are none → Sign in (`aws sso login`), or name a profile with "
        "AWS_PROFILE."
    )


def test_a_profile_that_does_not_exist_is_named(world: World) -> None:
    world.monkeypatch.setenv("AWS_PROFILE", "nobodys")
    assert "(nobodys) could not be found" in one_sentence(world.doctor())


def test_keys_that_aws_does_not_know_are_refused_in_words(world: World) -> None:
    world.monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    world.account.enforce_policies(True)
    try:
        found = world.doctor()
    finally:
        world.account.enforce_policies(False)
    assert "AWS does not know them (InvalidClientTokenId)" in one_sentence(found)


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("ExpiredToken", "The security token included in the request is expired", "have expired"),
        ("SignatureDoesNotMatch", "Signature expired: 20261122T is now earlier", "clock"),
        ("Throttling", "Rate exceeded", "AWS answered Throttling: Rate exceeded"),
    ],
)
def test_what_aws_has_against_the_credentials_is_said_in_words(
    world: World, code: str, message: str, said: str
) -> None:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    with world.answering("STS") as stub:
        stub.answers["/"] = (403, f"<ErrorResponse>{error}</ErrorResponse>")
        assert said in one_sentence(world.doctor())


@pytest.mark.parametrize(
    "answer", [(200, ""), (404, "<html>There is nothing here</html>"), (405, {"detail": "no"})]
)
def test_what_answers_instead_of_aws_is_no_aws(world: World, answer: tuple[int, Any]) -> None:
    with world.answering("STS") as stub:
        stub.answers["/"] = answer
        assert "is not AWS → Look at AWS_ENDPOINT_URL" in one_sentence(world.doctor())


def test_an_emulated_aws_that_does_not_run_is_said_to(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    world.monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    said = one_sentence(world.doctor())
    assert said.startswith(f"Credentials: nothing answers at {url} → Start `pipelines aws` again")


def test_a_region_that_does_not_exist_is_said_to_and_aws_unreachable_too(world: World) -> None:
    """There is no emulation here; a proxy that nobody runs stands for a network that fails."""
    world.change_file(ACCOUNT, "210987654321")
    world.monkeypatch.delenv("AWS_ENDPOINT_URL")
    for name in ("HTTPS_PROXY", "https_proxy"):
        world.monkeypatch.setenv(name, "http://127.0.0.1:9")
    said = one_sentence(world.doctor())
    assert said.startswith("Credentials: AWS cannot be reached in us-east-1: ")
    assert said.endswith("→ Look at the network, and at the proxy if you need one (HTTPS_PROXY).")
    world.change_pipeline("training:", "# training:")
    file = world.project.pipelines / "churn.yaml"
    file.write_text(file.read_text("utf-8").partition("# training:")[0], "utf-8")
    world.change_file("region: us-east-1", "region: us-eest-1")
    said = one_sentence(world.doctor())
    assert said == (
        "Credentials: AWS has no region us-eest-1 → Correct `region` in environments/prod.yaml."
    )


def test_an_answer_that_nobody_expected_spoils_only_its_own_check(world: World) -> None:
    with world.answering("KMS") as stub:
        stub.answers["/"] = (400, {"__type__": "", "__type": "KMSInternal", "message": "oh"})
        found = world.doctor()
    assert found.troubles == [("?", "Key: AWS answered KMSInternal: oh → Look again later.")]
    assert found.code == 0


def test_a_service_that_does_not_answer_spoils_only_its_own_check(world: World) -> None:
    world.monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    [(mark, said)] = world.doctor().troubles
    assert (mark, said.partition(":")[0]) == ("?", "Key")
    assert "no answer" in said


def test_no_secret_is_printed(world: World) -> None:
    world.monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-most-secret-key")
    world.monkeypatch.setenv("AWS_SESSION_TOKEN", "a-most-secret-token")
    assert "a-most-secret" not in world.doctor().text
