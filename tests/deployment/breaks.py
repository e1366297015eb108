"""Ways to break a healthy account or its project: each mends what it broke after its yield."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from doctor_world import World
from healthy_account import HEALTHY, NAME, healthy_airflow

from generator.deployment import manifest

How = Callable[[World], Iterator[None]]


def change_file(old: str, new: str) -> How:
    """Breaks environments/prod.yaml by a replacement; {…} are outputs of the stacks."""

    def how(world: World) -> Iterator[None]:
        outputs = world.account.outputs
        world.change_file(old.format(**outputs), new.format(**outputs))
        yield

    return how


def change_pipeline(old: str, new: str) -> How:
    def how(world: World) -> Iterator[None]:
        world.change_pipeline(old, new)
        yield

    return how


def without_bucket(output: str, remake: bool = False) -> How:
    """Takes a bucket away, or makes it anew in another region."""

    def how(world: World) -> Iterator[None]:
        s3, name = world.account.client("s3"), world.account.outputs[output]
        held = take_away(s3, name)
        elsewhere = {"LocationConstraint": "eu-west-1"}
        if remake:
            s3.create_bucket(Bucket=name, CreateBucketConfiguration=elsewhere)
            world.account.close_bucket(name)
            fill(s3, name, held)
        yield
        if remake:
            take_away(s3, name)
        s3.create_bucket(Bucket=name)
        world.account.close_bucket(name)
        fill(s3, name, held)

    return how


def take_away(s3: Any, name: str) -> dict[str, bytes]:
    """Delete a bucket with all that it holds, and return that."""
    held = {}
    for each in s3.list_objects_v2(Bucket=name).get("Contents", ()):
        held[each["Key"]] = s3.get_object(Bucket=name, Key=each["Key"])["Body"].read()
    listed = s3.list_object_versions(Bucket=name)
    for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
        s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=name)
    return held


def fill(s3: Any, name: str, held: dict[str, bytes]) -> None:
    for key, body in held.items():
        s3.put_object(Bucket=name, Key=key, Body=body)


def open_bucket(output: str, public: bool) -> How:
    def how(world: World) -> Iterator[None]:
        s3, name = world.account.client("s3"), world.account.outputs[output]
        s3.delete_public_access_block(Bucket=name)
        if public:
            everybody = {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{name}/*",
            }
            policy = {"Version": "2012-10-17", "Statement": [everybody]}
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        yield
        s3.delete_bucket_policy(Bucket=name)
        world.account.close_bucket(name)

    return how


def open_by_its_access_control_list(world: World) -> Iterator[None]:
    s3, name = world.account.client("s3"), world.account.outputs["DataBucket"]
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    yield
    s3.put_bucket_acl(Bucket=name, ACL="private")
    world.account.close_bucket(name)


def without_versions(world: World) -> Iterator[None]:
    name = world.account.outputs["MwaaBucket"]
    suspended = {"Status": "Suspended"}
    world.account.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration=suspended)
    yield
    world.account.close_bucket(name)


def trust_only(output: str, *services: str) -> How:
    """Lets only these services take a role."""

    def how(world: World) -> Iterator[None]:
        iam, role = world.account.client("iam"), world.account.role(output)
        before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": list(services)},
            "Action": "sts:AssumeRole",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(policy))
        yield
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))

    return how


def deny(output: str, *actions: str) -> How:
    def how(world: World) -> Iterator[None]:
        iam, role = world.account.client("iam"), world.account.role(output)
        statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=json.dumps(policy))
        yield
        iam.delete_role_policy(RoleName=role, PolicyName="denied")

    return how


def other_vpc(world: World) -> Iterator[None]:
    ec2 = world.account.client("ec2")
    default = [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if each["IsDefault"]]
    group = ec2.create_security_group(
        GroupName="other", Description="of another VPC", VpcId=default[0]
    )
    world.change_file(world.account.outputs["JobsSecurityGroup"], group["GroupId"])
    yield
    ec2.delete_security_group(GroupId=group["GroupId"])


def no_way_to_s3(world: World) -> Iterator[None]:
    ec2, subnet = world.account.client("ec2"), world.account.outputs["PrivateSubnets"].split(",")[1]
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    [table] = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    [association] = [each for each in table["Associations"] if each.get("SubnetId") == subnet]
    ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    yield
    ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnet)


def disabled_key(world: World) -> Iterator[None]:
    kms = world.account.client("kms")
    [key] = [each["KeyId"] for each in kms.list_keys()["Keys"]]
    kms.disable_key(KeyId=key)
    yield
    kms.enable_key(KeyId=key)


def key_to_be_deleted(world: World) -> Iterator[None]:
    kms = world.account.client("kms")
    [key] = [each["KeyId"] for each in kms.list_keys()["Keys"]]
    kms.schedule_key_deletion(KeyId=key)
    yield
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)


def no_topic(world: World) -> Iterator[None]:
    sns = world.account.client("sns")
    sns.delete_topic(TopicArn=world.account.outputs["AlertsTopicArn"])
    yield
    sns.create_topic(Name=f"{NAME}-alerts")


def other_environment(**settings: str) -> How:
    """Another MWAA environment with these settings, and without requirements and startup script."""

    def how(world: World) -> Iterator[None]:
        files = {
            name: world.account.environment()[name]
            for name in (
                *("RequirementsS3Path", "RequirementsS3ObjectVersion"),
                *("StartupScriptS3Path", "StartupScriptS3ObjectVersion"),
            )
        }
        given = {key: value for key, value in {**files, **settings}.items() if value}
        world.account.make_environment("other", **given)
        world.change_file("environment: acme-ml\n", "environment: other\n")
        yield
        world.account.client("mwaa").delete_environment(Name="other")

    return how


def newer_requirements(world: World) -> Iterator[None]:
    """As after a deploy that could not tell the environment: another may be at work on it."""
    s3, bucket = world.account.client("s3"), world.account.outputs["MwaaBucket"]
    body = s3.get_object(Bucket=bucket, Key="requirements.txt")["Body"].read()
    s3.put_object(Bucket=bucket, Key="requirements.txt", Body=body)
    yield
    world.account.use_newest_files()


def no_startup_script(world: World) -> Iterator[None]:
    s3, bucket = world.account.client("s3"), world.account.outputs["MwaaBucket"]
    body = s3.get_object(Bucket=bucket, Key="startup.sh")["Body"].read()
    s3.delete_object(Bucket=bucket, Key="startup.sh")
    yield
    s3.put_object(Bucket=bucket, Key="startup.sh", Body=body)
    world.account.use_newest_files()


def mwaa_says(**changes: Any) -> How:
    """MWAA in a state that the emulated one never gets into: a stub answers for it."""

    def how(world: World) -> Iterator[None]:
        described = {**world.account.environment(), **changes}
        answer = json.loads(json.dumps({"Environment": described}, default=lambda _: 0))
        with world.answering("MWAA") as stub:
            stub.answers[f"/environments/{NAME}"] = (200, answer)
            body = {"RestApiStatusCode": 503, "RestApiResponse": {}}
            if changes.get("Status") == "AVAILABLE":
                version = {"version": "3.3.1", "total_entries": 0, "import_errors": []}
                parts = dict.fromkeys(("metadatabase", "scheduler", "triggerer"), HEALTHY)
                body = {"RestApiStatusCode": 200, "RestApiResponse": {**version, **parts}}
            stub.answers[f"/restapi/{NAME}"] = (body["RestApiStatusCode"], body)
            yield

    return how


def airflow_says(path: str, status: int, content: Any) -> How:
    def how(world: World) -> Iterator[None]:
        world.account.airflow.answers[path] = (status, content)
        yield
        world.account.airflow.answers.update(healthy_airflow())

    return how


def other_script(world: World) -> Iterator[None]:
    (world.project.glue_scripts / "clean.py").write_text("print('other')\n", "utf-8")
    yield


def no_script(world: World) -> Iterator[None]:
    s3, bucket = world.account.client("s3"), world.account.outputs["ArtifactsBucket"]
    s3.delete_object(Bucket=bucket, Key="glue_scripts/clean.py")
    yield
    script = (world.project.glue_scripts / "clean.py").read_bytes()
    s3.put_object(Bucket=bucket, Key="glue_scripts/clean.py", Body=script)


def nothing_deployed(world: World) -> Iterator[None]:
    """As before the first deploy: an empty MWAA bucket, and no environment yet."""
    s3, bucket = world.account.client("s3"), world.account.outputs["MwaaBucket"]
    s3.create_bucket(Bucket="acme-fresh")
    world.account.close_bucket("acme-fresh")
    world.change_file(
        f"environment: acme-ml\n  bucket: {bucket}", "environment: soon\n  bucket: acme-fresh"
    )
    yield
    s3.delete_bucket(Bucket="acme-fresh")


def deploy_at_work(world: World) -> Iterator[None]:
    s3, bucket = world.account.client("s3"), world.account.outputs["MwaaBucket"]
    record = s3.get_object(Bucket=bucket, Key=manifest.KEY)["Body"].read()
    begun = {**json.loads(record), "state": manifest.AT_WORK}
    s3.put_object(Bucket=bucket, Key=manifest.KEY, Body=json.dumps(begun).encode())
    yield
    s3.put_object(Bucket=bucket, Key=manifest.KEY, Body=record)


def damaged_record(world: World) -> Iterator[None]:
    s3, bucket = world.account.client("s3"), world.account.outputs["MwaaBucket"]
    record = s3.get_object(Bucket=bucket, Key=manifest.KEY)["Body"].read()
    s3.put_object(Bucket=bucket, Key=manifest.KEY, Body=b"?")
    yield
    s3.put_object(Bucket=bucket, Key=manifest.KEY, Body=record)


def script_of_somebody_else(world: World) -> Iterator[None]:
    s3, bucket = world.account.client("s3"), world.account.outputs["ArtifactsBucket"]
    (world.project.glue_scripts / "mine.py").write_text("print('mine')\n", "utf-8")
    s3.put_object(Bucket=bucket, Key="glue_scripts/mine.py", Body=b"print('theirs')\n")
    yield
    s3.delete_object(Bucket=bucket, Key="glue_scripts/mine.py")


def broken_pipeline(world: World) -> Iterator[None]:
    world.change_pipeline("glue:", "glu:", "broken")
    yield


def no_pipeline(world: World) -> Iterator[None]:
    (world.project.pipelines / "churn.yaml").unlink()
    yield
