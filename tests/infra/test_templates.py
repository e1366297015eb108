"""infra/*.yaml: clean for cfn-lint, and deployed with real resources on the emulated AWS.

What no emulation shows: whether AWS starts an Airflow with these settings.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from examples import VALID, empty_project
from mwaa_airflow import environment_folder
from stacks import TEMPLATES, Stacks

from generator.airflow_version import NEWEST, VERSIONS
from generator.local.aws.account import AIRFLOW
from generator.local.aws.server import EmulatedAws

FILES = sorted(TEMPLATES.glob("*.yaml"))
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SUBNETS = "subnet-0a1b2c3d4e5f60718,subnet-1a2b3c4d5e6f70819"
AIRFLOW_NAMES = [version.name for version in VERSIONS]


def test_cfn_lint_finds_neither_errors_nor_warnings() -> None:
    assert {"network.yaml", "base.yaml", "mwaa.yaml"} <= {file.name for file in FILES}
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--", *map(str, FILES)]
    linted = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_template_has_no_aliases_which_cloudformation_refuses(file: Path) -> None:
    events = yaml.parse(file.read_text("utf-8"))
    assert not [event for event in events if getattr(event, "anchor", None)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_template_is_small_enough_to_be_sent_along(file: Path) -> None:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    assert file.stat().st_size < 51_200


def test_the_readme_names_outputs_and_parameters_that_there_are() -> None:
    text = (TEMPLATES / "README.md").read_text("utf-8")
    named = set(re.findall(r"output (network|base|mwaa|trigger) (\w+)", text))
    assert len(named) >= 6
    for stack, output in named:
        assert output in _template(stack)["Outputs"]
    commands = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[0]
    deployed = re.findall(r"--template-file infra/(\w+)\.yaml(.*?)\n\n", commands + "\n", re.DOTALL)
    assert [stack for stack, _ in deployed] == ["network", "base", "mwaa"]
    for stack, rest in deployed:
        parameters = _template(stack)["Parameters"]
        given = set(re.findall(r"(\w+)=", rest.split("--parameter-overrides")[1]))
        assert {name for name in parameters if "Default" not in parameters[name]} <= given
        assert given <= parameters.keys()


# ------------------------------------------------------------------------------------ network.yaml


@pytest.mark.parametrize(
    ("parameters", "nat_gateways", "endpoints"),
    [
        ({}, 1, 1),
        ({"NatGateways": "2"}, 2, 1),
        ({"Internet": "none"}, 0, 17),
    ],
)
def test_private_subnets_reach_aws_through_nat_or_endpoints(
    stacks: Stacks, parameters: dict[str, str], nat_gateways: int, endpoints: int
) -> None:
    name = f"net-{nat_gateways}"
    outputs = stacks.deploy("network", Name=name, **parameters)
    ec2 = stacks.clients("ec2")
    here = [{"Name": "vpc-id", "Values": [outputs["VpcId"]]}]
    gateways = ec2.describe_nat_gateways(Filters=here)["NatGateways"]
    found = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
    assert (len(gateways), len(found)) == (nat_gateways, endpoints)
    used = {_nat_gateway(ec2, subnet) for subnet in outputs["PrivateSubnets"].split(",")}
    assert used - {None} == {gateway["NatGatewayId"] for gateway in gateways}
    gateway_endpoint = next(each for each in found if each["VpcEndpointType"] == "Gateway")
    assert len(gateway_endpoint["RouteTableIds"]) == 2


def _nat_gateway(ec2: Any, subnet: str) -> str | None:
    """Where the subnet sends what is meant for the internet."""
    (table,) = (
        table
        for table in ec2.describe_route_tables()["RouteTables"]
        if subnet in {each.get("SubnetId") for each in table["Associations"]}
    )
    routes = {route.get("DestinationCidrBlock"): route for route in table["Routes"]}
    return routes.get("0.0.0.0/0", {}).get("NatGatewayId")


def test_the_subnets_lie_in_two_zones_and_only_endpoints_without_internet(stacks: Stacks) -> None:
    outputs = stacks.deploy("network", Name="two-zones", Internet="none")
    ec2 = stacks.clients("ec2")
    for kind in ("PrivateSubnets", "PublicSubnets"):
        subnets = ec2.describe_subnets(SubnetIds=outputs[kind].split(","))["Subnets"]
        assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    services = {
        endpoint["ServiceName"].removeprefix("com.amazonaws.us-east-1.")
        for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if endpoint["VpcId"] == outputs["VpcId"]
    }
    mwaa = {"airflow.api", "airflow.env", "airflow.ops", "ecr.api", "ecr.dkr", "kms", "logs"}
    pipelines = {
        *("application-autoscaling", "glue", "sagemaker.api", "sagemaker.runtime"),
        *("secretsmanager", "sns", "sts"),
    }
    assert services == mwaa | {"monitoring", "s3", "sqs"} | pipelines
    network = yaml.safe_load(outputs["Environment"])["network"]
    assert network["subnets"] == outputs["PrivateSubnets"].split(",")
    assert network["security_group_ids"] == [outputs["JobsSecurityGroup"]]


# --------------------------------------------------------------------------------------- base.yaml


BUCKETS = ("MwaaBucket", "DataBucket", "ArtifactsBucket")


@pytest.mark.parametrize("output", BUCKETS)
def test_a_bucket_keeps_versions_and_is_private_encrypted_and_tls_only(
    stacks: Stacks, base: dict[str, str], output: str
) -> None:
    s3, bucket = stacks.clients("s3"), base[output]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert len(access) == 4
    assert all(access.values())
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert _encryption(s3, bucket) == {"SSEAlgorithm": "AES256"}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def _encryption(s3: Any, bucket: str) -> dict[str, Any]:
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    return dict(found["Rules"][0]["ApplyServerSideEncryptionByDefault"])


def test_buckets_outlive_their_stack() -> None:
    resources = _template("base")["Resources"]
    buckets = [each for each in resources.values() if each["Type"] == "AWS::S3::Bucket"]
    assert len(buckets) == len(BUCKETS)
    assert {each["DeletionPolicy"] for each in buckets} == {"Retain"}
    assert {each["UpdateReplacePolicy"] for each in buckets} == {"Retain"}


def test_versions_that_the_environment_may_use_are_kept(
    stacks: Stacks, base: dict[str, str]
) -> None:
    rules = stacks.clients("s3").get_bucket_lifecycle_configuration(Bucket=base["MwaaBucket"])
    expiring = [rule for rule in rules["Rules"] if "NoncurrentVersionExpiration" in rule]
    assert [rule["Filter"] for rule in expiring] == [{"Prefix": "dags/"}]


def test_without_tls_nothing_can_be_written(stacks: Stacks, base: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="403"):  # the emulated AWS is plain HTTP
        stacks.clients("s3").put_object(Bucket=base["DataBucket"], Key="churn/new.csv", Body=b"1")


def test_an_object_in_the_data_bucket_is_an_event(stacks: Stacks) -> None:
    base = stacks.deploy("base", Name="with-events")
    queue = stacks.clients("sqs").create_queue(QueueName="events")["QueueUrl"]
    events = stacks.clients("events")
    events.put_rule(Name="objects", EventPattern=json.dumps({"source": ["aws.s3"]}))
    target = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
    events.put_targets(Rule="objects", Targets=[{"Id": "queue", "Arn": target}])
    for bucket in (base["ArtifactsBucket"], base["DataBucket"]):
        stacks.clients("s3").delete_bucket_policy(Bucket=bucket)  # there is no TLS here
        stacks.clients("s3").put_object(Bucket=bucket, Key="churn/new.csv", Body=b"1,2")
    told = stacks.clients("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    found = [json.loads(message["Body"]) for message in told["Messages"]]
    assert "Object Created" in {event["detail-type"] for event in found}
    assert {event["detail"]["bucket"]["name"] for event in found} == {base["DataBucket"]}


def test_a_key_of_ones_own_encrypts_everything(stacks: Stacks) -> None:
    outputs = stacks.deploy("base", Name="with-key", KmsKeyArn=KEY)
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    for output in BUCKETS:
        assert _encryption(stacks.clients("s3"), outputs[output]) == encryption
    assert yaml.safe_load(outputs["Environment"])["kms_key_arn"] == KEY


@pytest.mark.parametrize(
    ("output", "services"),
    [
        ("MwaaRoleArn", ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]),
        ("GlueRoleArn", "glue.amazonaws.com"),
        ("SageMakerRoleArn", "sagemaker.amazonaws.com"),
    ],
)
def test_only_its_service_takes_a_role_and_only_for_this_account(
    stacks: Stacks, base: dict[str, str], output: str, services: Any
) -> None:
    role = stacks.clients("iam").get_role(RoleName=base[output].rpartition("/")[2])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": services}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_only_this_environment_takes_the_role_of_airflow(
    stacks: Stacks, base: dict[str, str]
) -> None:
    role = stacks.clients("iam").get_role(RoleName=base["MwaaRoleArn"].rpartition("/")[2])["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    arn = f"arn:aws:airflow:us-east-1:{ACCOUNT}:environment/acme-ml"
    assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": arn}


def test_alarms_may_publish_to_the_topic_and_a_person_can_subscribe(stacks: Stacks) -> None:
    outputs = stacks.deploy("base", Name="with-mail", AlertsEmail="team@example.com")
    sns, topic = stacks.clients("sns"), outputs["AlertsTopicArn"]
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    allowed = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert [each["Principal"] for each in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert subscription["Endpoint"] == "team@example.com"


def test_the_outputs_make_an_environment_that_lint_accepts(
    base: dict[str, str], stacks: Stacks, tmp_path: Path
) -> None:
    network = stacks.deploy("network", Name="acme-ml")
    project = empty_project(tmp_path / "a project")
    text = base["Environment"] + network["Environment"]
    (project.root / "environments" / "prod.yaml").write_text(text, "utf-8")
    (project.pipelines / "churn.yaml").write_text(VALID.format(name="churn"), "utf-8")
    command = [sys.executable, "-m", "generator", "lint", "--env", "prod"]
    linted = subprocess.run(command, cwd=project.root, capture_output=True, text=True, timeout=120)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    values = yaml.safe_load(text)
    assert values["glue_role_arn"] == base["GlueRoleArn"]
    assert values["mwaa"] == {"environment": "acme-ml", "bucket": base["MwaaBucket"]}


# --------------------------------------------------------------------------------------- mwaa.yaml


@pytest.fixture(scope="module")
def environments(stacks: Stacks) -> dict[str, dict[str, Any]]:
    """What MWAA was asked for, by version of Airflow, with Secrets Manager."""
    return {
        version: _environment(stacks, f"a{version.replace('.', '-')}", AirflowVersion=version)
        for version in AIRFLOW_NAMES
    }


def _environment(stacks: Stacks, name: str, **parameters: str) -> dict[str, Any]:
    stacks.deploy("base", Name=name, SecretsManager="true")
    own = {"VpcId": "vpc-0a1b2c3d4e5f60718", "SubnetIds": SUBNETS, "SecretsManager": "true"}
    stacks.deploy("mwaa", Name=name, **own, **parameters)
    return dict(stacks.clients("mwaa").get_environment(Name=name)["Environment"])


@pytest.mark.parametrize("version", AIRFLOW_NAMES)
def test_mwaa_accepts_the_environment(
    environments: dict[str, dict[str, Any]], version: str
) -> None:
    environment = environments[version]
    assert environment["AirflowVersion"] == version
    assert environment["DagS3Path"] == "dags"
    assert environment["RequirementsS3Path"] == "requirements.txt"
    assert environment["StartupScriptS3Path"] == "startup.sh"
    assert environment["PluginsS3Path"] == "plugins.zip"
    assert environment["SourceBucketArn"].endswith(f"-mwaa-{ACCOUNT}")
    assert environment["NetworkConfiguration"]["SubnetIds"] == SUBNETS.split(",")
    assert all(module["Enabled"] for module in environment["LoggingConfiguration"].values())


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(name, marks=[] if name == NEWEST.name else pytest.mark.slow)
        for name in AIRFLOW_NAMES
    ],
)
def test_this_version_of_airflow_knows_every_option(
    environments: dict[str, dict[str, Any]], version: str
) -> None:
    of_others = {"mwaa.triggerer_enabled", "dag_factory.enable_telemetry"}
    options = set(environments[version]["AirflowConfigurationOptions"]) - of_others
    known = _known_options(version)
    assert len(options) >= 6
    assert options <= known


def _known_options(version: str) -> set[str]:
    root = Path(sys.prefix) if version == NEWEST.name else environment_folder(version)
    (file,) = root.glob("lib/python3*/site-packages/airflow/config_templates/config.yml")
    sections = yaml.safe_load(file.read_text("utf-8"))
    return {f"{section}.{name}" for section in sections for name in sections[section]["options"]}


@pytest.mark.parametrize("version", AIRFLOW_NAMES)
def test_options_that_moved_are_set_where_this_version_looks(
    environments: dict[str, dict[str, Any]], version: str
) -> None:
    options = environments[version]["AirflowConfigurationOptions"]
    here, there = ("scheduler", "dag_processor") if version[0] == "2" else ("dag_processor",) * 2
    assert options[f"{here}.min_file_process_interval"] == "60"
    timeouts = [name for name in options if name.endswith("dag_file_processor_timeout")]
    assert timeouts == [("core" if version[0] == "2" else there) + ".dag_file_processor_timeout"]
    assert int(options["core.dagbag_import_timeout"]) < int(options[timeouts[0]])


def test_without_secrets_manager_no_backend_is_set(stacks: Stacks) -> None:
    stacks.deploy("base", Name="plain")
    stacks.deploy("mwaa", Name="plain", VpcId="vpc-0a1b2c3d4e5f60718", SubnetIds=SUBNETS)
    environment = stacks.clients("mwaa").get_environment(Name="plain")["Environment"]
    assert not [name for name in environment["AirflowConfigurationOptions"] if "secrets" in name]


def test_the_offline_bundle_comes_along(stacks: Stacks) -> None:
    files = {
        "PluginsPath": "plugins.zip",
        "PluginsVersion": "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
        "RequirementsVersion": "aaaa",
        "StartupScriptVersion": "bbbb",
    }
    environment = _environment(stacks, "offline", **files)
    assert environment["PluginsS3Path"] == "plugins.zip"
    assert environment["PluginsS3ObjectVersion"] == files["PluginsVersion"]
    assert environment["RequirementsS3ObjectVersion"] == "aaaa"
    assert environment["StartupScriptS3ObjectVersion"] == "bbbb"


def test_an_environment_without_deferred_tasks_needs_no_plugins(stacks: Stacks) -> None:
    assert "PluginsS3Path" not in _environment(stacks, "in-workers", PluginsPath="")


@pytest.mark.parametrize("section", ["secrets.backend_kwargs", "workers.secrets_backend_kwargs"])
def test_airflow_finds_secrets_and_does_not_look_for_its_own_connection(
    aws: EmulatedAws,
    stacks: Stacks,
    environments: dict[str, dict[str, Any]],
    section: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = environments[NEWEST.name]["AirflowConfigurationOptions"]
    secrets = stacks.clients("secretsmanager")
    name = f"airflow/connections/{section.partition('.')[0]}"
    secrets.create_secret(Name=name, SecretString="postgres://warehouse")
    for variable, value in aws.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", AIRFLOW)
    asking = (
        "import json, pydoc, sys\n"
        "backend = pydoc.locate(sys.argv[1])(**json.loads(sys.argv[2]))\n"
        "print(backend.get_conn_value(sys.argv[3]), backend.get_conn_value('aws_default'))\n"
    )
    arguments = [options["secrets.backend"], options[section], name.rpartition("/")[2]]
    command = [sys.executable, "-W", "ignore", "-c", asking, *arguments]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.splitlines()[-1] == "postgres://warehouse None"
    resources = {call.resource for call in aws.calls if call.action.startswith("secretsmanager:")}
    assert any(f":secret:{name}-" in resource for resource in resources)
    assert not any("aws_default" in resource for resource in resources)


def test_alarms_watch_import_errors_and_the_scheduler_and_tell_the_topic(
    stacks: Stacks, environments: dict[str, dict[str, Any]]
) -> None:
    name = environments[NEWEST.name]["Name"]
    found = stacks.clients("cloudwatch").describe_alarms(AlarmNamePrefix=f"{name}-")
    alarms = {alarm["MetricName"]: alarm for alarm in found["MetricAlarms"]}
    functions = {"ImportErrors": "DAG Processing", "SchedulerHeartbeat": "Scheduler"}
    assert alarms.keys() == functions.keys()
    for metric, function in functions.items():
        alarm = alarms[metric]
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        assert (alarm["Namespace"], dimensions) == (
            "AmazonMWAA",
            {"Function": function, "Environment": name},
        )
        assert alarm["AlarmActions"] == [f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}-alerts"]
    assert alarms["SchedulerHeartbeat"]["TreatMissingData"] == "breaching"


def _template(name: str) -> Any:
    """A template as data, without what its tags mean."""

    class Loader(yaml.SafeLoader):
        pass

    def content(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return node.value

    Loader.add_multi_constructor("!", content)
    return yaml.load((TEMPLATES / f"{name}.yaml").read_text("utf-8"), Loader)
