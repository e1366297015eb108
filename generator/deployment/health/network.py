"""Checks: network, key and topics that jobs and alerts use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from generator.aws_requests import permissions
from generator.deployment.health.account import Account
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, skipped, wrong
from generator.deployment.wording import count

NETWORK, KEY, TOPICS = "Network of jobs", "Key", "Topics"
_ONWARD = ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")
"""What leads out for machines without a public address, as those of SageMaker are."""


def look_at_network(installation: Installation) -> Iterator[Result]:
    """Subnets and security groups of the environment, and of pipelines with their own."""
    named = [installation.values.get("network")]
    named += [training.network for training in installation.trainings()]
    networks = [network for network in named if network]
    if not networks:
        yield skipped(NETWORK, f"{installation.file} has no section network")
    seen: list[Mapping[str, Any]] = []
    for network in networks:
        if network not in seen:
            seen.append(network)
            yield from _network(installation, network)


def look_at_key(installation: Installation) -> Iterator[Result]:
    """Yield a result for each key that volumes, models and endpoints are encrypted with."""
    named = [installation.values.get("kms_key_arn")]
    named += [training.kms_key_arn for training in installation.trainings()]
    keys = list(dict.fromkeys(key for key in named if key))
    if not keys:
        yield skipped(KEY, f"{installation.file} has no kms_key_arn: AWS's own keys are used")
    for key in keys:
        yield _key(installation, key)


def look_at_topics(installation: Installation) -> Iterator[Result]:
    """Yield a result for each topic that pipelines notify."""
    needed = [
        permission.resource
        for configuration in installation.configurations
        for permission in permissions.of_airflow(configuration, installation.place)
        if permission.action == "sns:Publish"
    ]
    topic = installation.values.get("alerts_topic_arn")
    topics = list(dict.fromkeys([*([topic] if topic else []), *needed]))
    if not topics:
        yield skipped(TOPICS, f"{installation.file} has no alerts_topic_arn")
    for topic in topics:
        yield _topic(installation, topic)


def _network(installation: Installation, network: Mapping[str, Any]) -> Iterator[Result]:
    account, how = installation.account, installation.how_to_make("network.yaml")
    subnets = _found(account, "subnets", "subnet-id", network["subnets"])
    groups = _found(account, "security_groups", "group-id", network["security_group_ids"])
    missing = [each for each in network["subnets"] if each not in subnets]
    missing += [each for each in network["security_group_ids"] if each not in groups]
    if missing:
        yield wrong(NETWORK, f"there is no {', no '.join(missing)}", how)
        return
    vpcs = sorted({each["VpcId"] for each in (*subnets.values(), *groups.values())})
    if len(vpcs) > 1:
        seen = f"subnets and security groups are in several VPCs: {', '.join(vpcs)}"
        yield wrong(NETWORK, seen, f"Name those of one VPC in {installation.file}.")
        return
    closed = [each for each in subnets if not _reaches_s3(account, each, vpcs[0])]
    if closed:
        seen = f"from {', '.join(closed)} no route leads to S3"
        advice = "Give the subnet's route table a gateway endpoint for S3, as infra/network.yaml."
        yield note(NETWORK, seen, advice)
        return
    counts = f"{count(len(subnets), 'subnet')}, {count(len(groups), 'security group')}"
    yield right(NETWORK, f"{vpcs[0]}: {counts}")


def _found(account: Account, kind: str, name: str, ids: list[str]) -> dict[str, Any]:
    """Return those of the subnets or security groups that are there, by their ids."""
    key = {"subnets": ("Subnets", "SubnetId"), "security_groups": ("SecurityGroups", "GroupId")}
    items, identity = key[kind]
    filters = [{"Name": name, "Values": list(ids)}]
    answer = account.ask("ec2", f"describe_{kind}", Filters=filters)
    return {each[identity]: each for each in answer[items]}


def _reaches_s3(account: Account, subnet: str, vpc: str) -> bool:
    """Whether data can come and models go: to S3's gateway endpoint, or out of the network."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = account.ask("ec2", "describe_route_tables", Filters=filters)["RouteTables"]
    own = [each for each in tables if subnet in _associated(each, "SubnetId")]
    main = [each for each in tables if True in _associated(each, "Main")]
    routes = [route for table in own or main for route in table["Routes"]]
    return any(_leads_out(route) for route in routes if route.get("State") != "blackhole")


def _associated(table: Mapping[str, Any], key: str) -> list[Any]:
    return [each.get(key) for each in table.get("Associations", ())]


def _leads_out(route: Mapping[str, Any]) -> bool:
    if str(route.get("GatewayId", "")).startswith("vpce-"):
        return True
    return route.get("DestinationCidrBlock") == "0.0.0.0/0" and any(map(route.get, _ONWARD))


def _key(installation: Installation, key: str) -> Result:
    elsewhere = _elsewhere(installation, KEY, key)
    if elsewhere is not None:
        return elsewhere
    try:
        found = installation.account.ask("kms", "describe_key", KeyId=key)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return wrong(KEY, f"there is no {key}", f"Correct kms_key_arn in {installation.file}.")
    if found["KeyState"] != "Enabled":
        advice = f"Enable it: `aws kms enable-key --key-id {key}`"
        if found["KeyState"] == "PendingDeletion":
            advice = f"Keep it: `aws kms cancel-key-deletion --key-id {key}`, then enable it."
        return wrong(KEY, f"{key} is {found['KeyState']}", advice)
    return right(KEY, key)


def _topic(installation: Installation, topic: str) -> Result:
    elsewhere = _elsewhere(installation, TOPICS, topic)
    if elsewhere is not None:
        return elsewhere
    try:
        installation.account.ask("sns", "get_topic_attributes", TopicArn=topic)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NotFound", "NotFoundException"):
            raise
        advice = installation.how_to_make("base.yaml")
        return wrong(TOPICS, f"there is no {topic}", advice)
    return right(TOPICS, topic)


def _elsewhere(installation: Installation, subject: str, arn: str) -> Result | None:
    """Say that something is in a region where neither jobs nor Airflow look for it."""
    region = arn.split(":")[3]
    if region == installation.account.region:
        return None
    seen = f"{arn} is in {region}, not in {installation.account.region}"
    return wrong(subject, seen, f"Name one in {installation.account.region}.")
