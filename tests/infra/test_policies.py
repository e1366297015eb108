"""The policies of base.yaml against what runs really call: nothing is missing, nothing is too much.

The emulated AWS records every call with the permissions that it takes (recorder.py).
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
import yaml
from examples import ROOT, empty_project, share_database
from stacks import Stacks
from terminals import pipelines

from generator.aws_requests import job_permissions, permissions
from generator.aws_requests.place import Permission, Place
from generator.compiler import compile_pipeline
from generator.environment import load_environment
from generator.local.aws.account import ACCOUNT_ID, AIRFLOW, GLUE, SAGEMAKER
from generator.local.aws.policy_evaluation import ALLOWED, Question, evaluate
from generator.local.aws.recorder import Call
from generator.local.aws.server import EmulatedAws
from generator.project import Project

pytestmark = pytest.mark.timeout(600)

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DEPLOYMENT = "deployment"
ROLES = {AIRFLOW: "MwaaRoleArn", GLUE: "GlueRoleArn", SAGEMAKER: "SageMakerRoleArn"}

# "GetCallerIdentity … No permissions are required to perform this operation":
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
FREE = {"sts:GetCallerIdentity"}

Policies = dict[str, Any]

# What MWAA itself wants of the role of Airflow:
# https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
WANTED_BY_MWAA = {
    "airflow:PublishMetrics",
    "cloudwatch:PutMetricData",
    *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"),
    *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups"),
    *("logs:GetLogEvents", "logs:GetLogGroupFields", "logs:GetLogRecord"),
    *("logs:GetQueryResults", "logs:PutLogEvents"),
    *("s3:GetAccountPublicAccessBlock", "s3:GetBucket*", "s3:GetObject*", "s3:List*"),
    *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage"),
}

# "policy/statement/action" -> why no run on the emulated AWS calls it.
KEYS = "the emulated AWS encrypts nothing"
NETWORK = "the emulated AWS has no network of jobs"
KILLED = "no task is killed here; tests/operators kills some"
RESIZED = "no endpoint gets another instance type here; tests/operators has one"
UNUSED = {
    AIRFLOW: {
        **{f"airflow//{action}": "MWAA itself calls it" for action in WANTED_BY_MWAA},
        "key//kms:CreateGrant": KEYS,
        "key//kms:DescribeKey": KEYS,
        "secrets//secretsmanager:GetSecretValue": "test_templates.py asks for a secret",
        "pipelines/GlueJobs/glue:BatchStopJobRun": KILLED,
        "pipelines/TrainingJobs/sagemaker:StopTrainingJob": KILLED,
        "pipelines/LogsOfJobs/logs:DescribeLogStreams": "no training job fails here",
        "pipelines/LogsOfJobs/logs:GetLogEvents": "no training job fails here",
        "pipelines/Endpoints/sagemaker:DeleteEndpoint": "no endpoint is Failed here",
        "pipelines/Scaling/application-autoscaling:DeregisterScalableTarget": RESIZED,
        "pipelines/AlarmsOfScaling/cloudwatch:DeleteAlarms": RESIZED,
    },
    GLUE: {
        "jobs/Data/s3:DeleteObject": "a script that overwrites a folder, as Spark's mode says",
        "key//kms:Decrypt": KEYS,
        "key//kms:GenerateDataKey": KEYS,
    },
    SAGEMAKER: {
        "jobs/Images/ecr:BatchCheckLayerAvailability": "no container is pulled",
        "jobs/Images/ecr:BatchGetImage": "no container is pulled",
        "jobs/Images/ecr:GetDownloadUrlForLayer": "no container is pulled",
        "jobs/Registry/ecr:GetAuthorizationToken": "no container is pulled",
        "jobs/Metrics/cloudwatch:PutMetricData": "metrics are not emulated",
        "jobs/Logs/logs:DescribeLogStreams": "AWS asks for it; the emulation does without",
        **{
            f"network//ec2:{action}": NETWORK
            for action in (
                *("CreateNetworkInterface", "CreateNetworkInterfacePermission"),
                *("DeleteNetworkInterface", "DeleteNetworkInterfacePermission"),
                *("DescribeDhcpOptions", "DescribeNetworkInterfaces", "DescribeSecurityGroups"),
                *("DescribeSubnets", "DescribeVpcs"),
            )
        },
        **{
            f"key//kms:{action}": KEYS
            for action in ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
        },
    },
    DEPLOYMENT: {
        "DeployPolicyArn/Plugins/s3:DeleteObject": "an environment never loses its plugins.zip",
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_mwaa.html
        "DeployPolicyArn/RoleOfTheEnvironment/iam:PassRole": "AWS asks for it, no request names it",
        "DeployKeyPolicyArn//kms:Decrypt": KEYS,
        "DeployKeyPolicyArn//kms:GenerateDataKey": KEYS,
    },
}


def refused(calls: Iterable[Call], policies: Policies) -> list[Call]:
    """Return the calls that the policies do not allow."""
    return sorted(
        call for call in calls if call.action not in FREE and not allows(policies, _question(call))
    )


def allows(policies: Policies, question: Question) -> bool:
    return evaluate(list(policies.values()), question).decision == ALLOWED


def _question(call: Call) -> Question:
    service = call.operation.partition(":")[0] + ".amazonaws.com"
    context = {
        "iam:PassedToService": [service],
        "iam:AWSServiceName": [f"sagemaker.{service}"],  # asked for by Application Auto Scaling
    }
    return Question(call.action, call.resource, context)


def unused(calls: Iterable[Call], policies: Policies) -> set[str]:
    """Return the permissions that no call needs, as "policy/statement/action".

    One on several resources is used when it is used on each.
    """
    questions = [_question(call) for call in calls]
    return {
        f"{policy}/{statement.get('Sid', '')}/{action}"
        for policy, document in policies.items()
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
        for alone in _by_resource({**statement, "Action": action})
        if not any(allows(alone, question) for question in questions)
    }


def _by_resource(statement: Mapping[str, Any]) -> Iterator[Policies]:
    for resource in _listed(statement.get("Resource", "*")):
        one = statement if "NotResource" in statement else {**statement, "Resource": resource}
        yield {"one": {"Statement": [one]}}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --------------------------------------------------------------------------------- the stack, runs


@pytest.fixture(scope="module")
def everything(stacks: Stacks) -> dict[str, str]:
    """The outputs of base.yaml with all that can be chosen."""
    chosen = {"SecretsManager": "true", "JobsInVpc": "true", "KmsKeyArn": KEY}
    outputs = stacks.deploy("base", Name="acme-ml", **chosen)
    for bucket in ("MwaaBucket", "DataBucket", "ArtifactsBucket"):
        # It refuses what comes without TLS, and the emulated AWS has none.
        stacks.clients("s3").delete_bucket_policy(Bucket=outputs[bucket])
    return outputs


@pytest.fixture(scope="module")
def policies(stacks: Stacks, everything: dict[str, str]) -> dict[str, Policies]:
    """The policies of each role and of deployment, as IAM has them."""
    iam = stacks.clients("iam")
    found = {who: stacks.policies(everything[output]) for who, output in ROLES.items()}
    managed = {}
    for output in ("DeployPolicyArn", "DeployKeyPolicyArn"):
        version = iam.get_policy_version(PolicyArn=everything[output], VersionId="v1")
        managed[output] = version["PolicyVersion"]["Document"]
    return {**found, DEPLOYMENT: managed}


@pytest.fixture(scope="module")
def project(everything: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """customer-churn, and a pipeline that fails, in an environment made of the outputs."""
    project = empty_project(tmp_path_factory.mktemp("policies") / "a project")
    share_database(project)
    for part in ("pipelines", "glue_scripts", "data"):
        shutil.copytree(ROOT / part, project.root / part, dirs_exist_ok=True)
    _write_environment(project, everything, {"team": "growth", "cost": "4711"})
    (project.glue_scripts / "failing.py").write_text("raise SystemExit('no rows')\n", "utf-8")
    (project.pipelines / "failing.yaml").write_text(FAILING, "utf-8")
    return project


SCALED = """\
  keep_last: 1
  autoscaling: {minimum: 1, maximum: 2, invocations_per_instance: 100}
"""

FAILING = """\
schema_version: 1
name: failing
owner: tests
notify:
  on_failure: ${{ env.alerts_topic_arn }}
glue:
  script: failing.py
"""


def _write_environment(project: Project, outputs: dict[str, str], tags: dict[str, str]) -> None:
    values = {
        **yaml.safe_load(outputs["Environment"]),
        "tags": tags,
        "poll_interval": "1s",
        "retries": 0,
        "sample_data": {"customer-churn/customer-churn.csv": "data/customer-churn.csv"},
    }
    project.environment_file("prod").write_text(yaml.safe_dump(values), "utf-8")


@pytest.fixture(scope="module")
def calls(aws: EmulatedAws, everything: dict[str, str], project: Project) -> dict[str, set[Call]]:
    """What was called in two runs of customer-churn and one that fails, by principal."""
    run = ["run", "--env", "prod"]
    _pipelines(aws, project, *run, "customer-churn")
    # Other settings and tags: the second run updates the job and the endpoint, which then scales
    # by itself, and deletes what is old.
    file = project.pipelines / "customer-churn.yaml"
    text = file.read_text("utf-8")
    assert (text.count("workers: 2"), text.count("training:")) == (1, 1)
    changed = text.replace("workers: 2", "workers: 3")
    changed = changed.replace("training:", "training:\n  spot: {max_wait: 2h}")
    file.write_text(f"{changed}{SCALED}", "utf-8")
    _write_environment(project, everything, {"team": "finance", "purpose": "tests"})
    _pipelines(aws, project, *run, "customer-churn")
    _pipelines(aws, project, *run, "failing", fails=True)
    return _by_principal(aws.calls)


def _pipelines(aws: EmulatedAws, project: Project, *arguments: str, fails: bool = False) -> None:
    finished = subprocess.run(
        pipelines(*arguments),
        cwd=project.root,
        env={**os.environ, **aws.environment, "PIPELINES_ROOT": str(project.root)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == (1 if fails else 0), finished.stdout + finished.stderr


def _by_principal(calls: Iterable[Call]) -> dict[str, set[Call]]:
    found: dict[str, set[Call]] = {}
    for call in calls:
        found.setdefault(call.principal, set()).add(call)
    return found


# ------------------------------------------------------------------------------------------- roles


@pytest.mark.slow
@pytest.mark.parametrize("who", ROLES)
def test_a_role_may_do_everything_that_it_does(
    who: str, calls: dict[str, set[Call]], policies: dict[str, Policies]
) -> None:
    assert len(calls[who]) > 5
    assert refused(calls[who], policies[who]) == []


@pytest.mark.slow
@pytest.mark.parametrize("who", ROLES)
def test_a_role_may_do_nothing_that_it_does_not_do(
    who: str, calls: dict[str, set[Call]], policies: dict[str, Policies]
) -> None:
    assert unused(calls[who], _without_statement_names(who, policies)) == set(UNUSED[who])


def _without_statement_names(who: str, policies: dict[str, Policies]) -> Policies:
    """The policies of a role; MWAA's own is judged as a whole."""
    found = copy.deepcopy(policies[who])
    for statement in found.get("airflow", {}).get("Statement", ()):
        statement["Sid"] = ""
    return found


@pytest.mark.slow
def test_the_runs_went_through_everything(calls: dict[str, set[Call]]) -> None:
    done = {call.operation for call in calls[AIRFLOW]}
    assert {"glue:CreateJob", "glue:UpdateJob", "glue:TagResource", "glue:UntagResource"} <= done
    assert {"sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "sns:Publish"} <= done
    passed = {call.resource for call in calls[AIRFLOW] if call.action == "iam:PassRole"}
    assert len(passed) == 2


@pytest.mark.slow
@pytest.mark.parametrize("who", ROLES)
def test_each_permission_that_is_taken_away_is_missed(
    who: str, calls: dict[str, set[Call]], policies: dict[str, Policies]
) -> None:
    taken = 0
    for poorer, action in _poorer(policies[who], unused(calls[who], policies[who])):
        missed = refused(calls[who], poorer)
        assert action in {call.action for call in missed}
        taken += 1
    assert taken > 5


def _poorer(policies: Policies, without: set[str]) -> Iterator[tuple[Policies, str]]:
    """The policies without one action that is used, each in turn, and the action."""
    for name, document in policies.items():
        for number, statement in enumerate(document["Statement"]):
            for action in _listed(statement["Action"]):
                named = f"{name}/{statement.get('Sid', '')}/{action}"
                if statement["Effect"] == "Allow" and named not in without:
                    changed = copy.deepcopy(policies)
                    kept = [each for each in _listed(statement["Action"]) if each != action]
                    changed[name]["Statement"][number]["Action"] = kept
                    yield changed, action


@pytest.mark.slow
def test_a_permission_too_many_is_found(
    calls: dict[str, set[Call]], policies: dict[str, Policies]
) -> None:
    richer = copy.deepcopy(policies[GLUE])
    statement = next(each for each in richer["jobs"]["Statement"] if each["Sid"] == "Data")
    statement["Action"].append("s3:PutObjectAcl")
    found = unused(calls[GLUE], richer) - unused(calls[GLUE], policies[GLUE])
    assert found == {"jobs/Data/s3:PutObjectAcl"}


def test_policies_are_short_enough_for_iam(policies: dict[str, Policies]) -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    most = dict.fromkeys(ROLES, 10_240) | {DEPLOYMENT: 6_144}
    for who, documents in policies.items():
        sizes = [len(json.dumps(each, separators=(",", ":"))) for each in documents.values()]
        size = sum(sizes) if who in ROLES else max(sizes)
        # Names and account ids are longer elsewhere.
        assert size < 0.8 * most[who], who


# -------------------------------------------------------------------------------------- deployment


@pytest.fixture(scope="module")
def deployed(aws: EmulatedAws, stacks: Stacks, project: Project) -> set[Call]:
    """What `pipelines deploy` calls: first, after a change, and when nothing has changed."""
    values = yaml.safe_load(project.environment_file("prod").read_text("utf-8"))
    stacks.clients("mwaa").create_environment(
        Name=values["mwaa"]["environment"],
        ExecutionRoleArn=values["glue_role_arn"],
        SourceBucketArn=f"arn:aws:s3:::{values['mwaa']['bucket']}",
        DagS3Path="dags",
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    )
    _deploy(aws, project)
    (project.pipelines / "failing.yaml").unlink()
    (project.glue_scripts / "failing.py").unlink()
    (project.glue_scripts / "later.py").write_text("print('later')\n", "utf-8")
    _deploy(aws, project)
    _deploy(aws, project)
    return _by_principal(aws.calls)[DEPLOYMENT]


def _deploy(aws: EmulatedAws, project: Project) -> None:
    command = pipelines("deploy", "--env", "prod")
    finished = subprocess.run(
        command,
        cwd=project.root,
        env={**os.environ, **aws.environment, "AWS_ACCESS_KEY_ID": DEPLOYMENT},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.slow
def test_a_deployment_may_do_what_it_does(
    deployed: set[Call], policies: dict[str, Policies]
) -> None:
    assert refused(deployed, policies[DEPLOYMENT]) == []


@pytest.mark.slow
def test_a_deployment_may_do_nothing_that_it_does_not_do(
    deployed: set[Call], policies: dict[str, Policies]
) -> None:
    assert unused(deployed, policies[DEPLOYMENT]) == set(UNUSED[DEPLOYMENT])


# ----------------------------------------------------------------------------- what doctor asks for


def test_the_roles_have_what_doctor_looks_for(
    project: Project, policies: dict[str, Policies]
) -> None:
    environment, _ = load_environment(project, "prod")
    assert environment is not None
    file = project.pipelines / "customer-churn.yaml"
    configuration, problems = compile_pipeline(project, environment, file)
    assert configuration is not None, problems
    place = Place("aws", "us-east-1", ACCOUNT_ID)
    wanted: dict[str, Iterable[Permission]] = {
        AIRFLOW: permissions.of_airflow(configuration, place),
        GLUE: job_permissions.of_glue(configuration, place),
        SAGEMAKER: job_permissions.of_sagemaker(configuration, place),
    }
    for who, asked in wanted.items():
        questions = [
            Question(each.action, each.resource, {key: [value] for key, value in each.context})
            for each in asked
        ]
        assert len(questions) > 5
        assert [each for each in questions if not allows(policies[who], each)] == []
