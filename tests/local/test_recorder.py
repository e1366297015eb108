"""The recorder of API calls: who has used which permission on what."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from example_jobs import Aws

from generator.local.aws.recorder import Call

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"


@pytest.fixture
def recorded(
    aws: Aws, request: pytest.FixtureRequest
) -> Callable[[str, Callable[[Any], Any]], list[tuple[str, str]]]:
    """What a function that gets a client calls, as (action, resource)."""
    somebody = f"somebody-{abs(hash(request.node.name))}"

    def record(service: str, call: Callable[[Any], Any]) -> list[tuple[str, str]]:
        session = boto3.Session(somebody, "secret", region_name="us-east-1")
        config = Config(
            proxies={},
            inject_host_prefix=False,
            retries={"total_max_attempts": 1},
            signature_version="s3v4" if service == "s3" else None,
        )
        client = session.client(service, endpoint_url=aws.emulated.url, config=config)
        try:
            call(client)
        except ClientError:
            pass  # what is refused was called, too
        finally:
            client.close()
        calls = aws.emulated.calls
        return sorted((each.action, each.resource) for each in calls if each.principal == somebody)

    return record


S3 = [
    (lambda s3: s3.list_buckets(), "s3:ListAllMyBuckets", "*"),
    (lambda s3: s3.head_bucket(Bucket="b"), "s3:ListBucket", "b"),
    (lambda s3: s3.list_objects(Bucket="b", Prefix="x/"), "s3:ListBucket", "b"),
    (lambda s3: s3.list_objects_v2(Bucket="b", Prefix="x/"), "s3:ListBucket", "b"),
    (lambda s3: s3.list_object_versions(Bucket="b"), "s3:ListBucketVersions", "b"),
    (lambda s3: s3.get_object(Bucket="b", Key="a folder/é+1"), "s3:GetObject", "b/a folder/é+1"),
    (lambda s3: s3.head_object(Bucket="b", Key="k"), "s3:GetObject", "b/k"),
    (lambda s3: s3.get_object(Bucket="b", Key="k", VersionId="1"), "s3:GetObjectVersion", "b/k"),
    (lambda s3: s3.put_object(Bucket="b", Key="k/", Body=b"1"), "s3:PutObject", "b/k/"),
    (lambda s3: s3.create_multipart_upload(Bucket="b", Key="k"), "s3:PutObject", "b/k"),
    (
        lambda s3: s3.upload_part(Bucket="b", Key="k", PartNumber=1, UploadId="u", Body=b"1"),
        "s3:PutObject",
        "b/k",
    ),
    (
        lambda s3: s3.complete_multipart_upload(
            Bucket="b", Key="k", UploadId="u", MultipartUpload={"Parts": []}
        ),
        "s3:PutObject",
        "b/k",
    ),
    (
        lambda s3: s3.abort_multipart_upload(Bucket="b", Key="k", UploadId="u"),
        "s3:AbortMultipartUpload",
        "b/k",
    ),
    (lambda s3: s3.delete_object(Bucket="b", Key="k"), "s3:DeleteObject", "b/k"),
    (
        lambda s3: s3.delete_objects(Bucket="b", Delete={"Objects": [{"Key": "a&b"}]}),
        "s3:DeleteObject",
        "b/a&b",
    ),
    (lambda s3: s3.get_bucket_versioning(Bucket="b"), "s3:GetBucketVersioning", "b"),
    (lambda s3: s3.get_public_access_block(Bucket="b"), "s3:GetBucketPublicAccessBlock", "b"),
    (lambda s3: s3.get_bucket_encryption(Bucket="b"), "s3:GetEncryptionConfiguration", "b"),
    (lambda s3: s3.get_bucket_location(Bucket="b"), "s3:GetBucketLocation", "b"),
]


@pytest.mark.parametrize(("call", "action", "resource"), S3)
def test_an_operation_of_s3_is_known_by_its_method_path_and_query(
    recorded: Any, call: Any, action: str, resource: str
) -> None:
    arn = resource if resource == "*" else f"arn:aws:s3:::{resource}"
    assert recorded("s3", call) == [(action, arn)]


def test_a_copy_reads_one_object_and_writes_another(recorded: Any) -> None:
    source = {"Bucket": "from", "Key": "a b"}
    assert recorded("s3", lambda s3: s3.copy_object(Bucket="to", Key="k", CopySource=source)) == [
        ("s3:GetObject", "arn:aws:s3:::from/a b"),
        ("s3:PutObject", "arn:aws:s3:::to/k"),
    ]


OTHERS = [
    (
        "logs",
        lambda logs: logs.get_log_events(logGroupName="/g", logStreamName="s/1"),
        ("logs:GetLogEvents", "logs", "log-group:/g:log-stream:s/1"),
    ),
    (
        "sagemaker-runtime",
        lambda runtime: runtime.invoke_endpoint(EndpointName="churn-1", Body=b"1"),
        ("sagemaker:InvokeEndpoint", "sagemaker", "endpoint/churn-1"),
    ),
    (
        "mwaa",
        lambda mwaa: mwaa.get_environment(Name="prod"),
        ("airflow:GetEnvironment", "airflow", "environment/prod"),
    ),
    (
        "mwaa",
        lambda mwaa: mwaa.invoke_rest_api(Name="prod", Path="/dags", Method="GET"),
        ("airflow:InvokeRestApi", "airflow", "role/prod/Admin"),
    ),
    (
        "secretsmanager",
        lambda secrets: secrets.get_secret_value(SecretId="airflow/connections/x"),
        ("secretsmanager:GetSecretValue", "secretsmanager", "secret:airflow/connections/x-000000"),
    ),
]


@pytest.mark.parametrize(("service", "call", "expected"), OTHERS)
def test_an_operation_is_known_whatever_its_protocol(
    recorded: Any, service: str, call: Any, expected: tuple[str, str, str]
) -> None:
    action, prefix, tail = expected
    assert recorded(service, call) == [(action, f"arn:aws:{prefix}:us-east-1:{ACCOUNT}:{tail}")]


def test_an_operation_of_the_query_protocol_is_in_the_body(recorded: Any) -> None:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:none"
    assert recorded("sns", lambda sns: sns.publish(TargetArn=topic, Message="m")) == [
        ("sns:Publish", topic)
    ]
    assert ("sts:GetCallerIdentity", "*") in recorded("sts", lambda sts: sts.get_caller_identity())


def test_metrics_are_of_cloudwatch_though_they_are_signed_for_monitoring(recorded: Any) -> None:
    metric = {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1}]}
    found = recorded("cloudwatch", lambda cloudwatch: cloudwatch.put_metric_data(**metric))
    assert found == [("cloudwatch:PutMetricData", "*")]


def test_a_job_that_is_created_is_tagged_too_and_gets_a_role(recorded: Any) -> None:
    job = f"arn:aws:glue:us-east-1:{ACCOUNT}:job/one"
    command = {"Name": "glueetl", "ScriptLocation": "s3://bucket/one.py"}
    found = recorded(
        "glue",
        lambda glue: glue.create_job(Name="one", Role=ROLE, Command=command, Tags={"a": "b"}),
    )
    assert found == [("glue:CreateJob", job), ("glue:TagResource", job), ("iam:PassRole", ROLE)]
    update = {"Role": ROLE, "Command": command}
    found = recorded("glue", lambda glue: glue.update_job(JobName="one", JobUpdate=update))
    assert ("glue:UpdateJob", job) in found


def test_an_endpoint_takes_its_configuration_along(recorded: Any) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    names = {"EndpointName": "churn", "EndpointConfigName": "churn-1"}
    found = recorded("sagemaker", lambda api: api.create_endpoint(**names, Tags=tags))
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:"
    assert found == [
        ("sagemaker:AddTags", f"{arn}endpoint/churn"),
        ("sagemaker:CreateEndpoint", f"{arn}endpoint-config/churn-1"),
        ("sagemaker:CreateEndpoint", f"{arn}endpoint/churn"),
    ]


def test_a_presigned_address_is_its_signers_call(recorded: Any, aws: Aws) -> None:
    def ask(s3: Any) -> None:
        url = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})
        with pytest.raises(urllib.request.HTTPError):
            urllib.request.urlopen(url)

    assert recorded("s3", ask) == [("s3:GetObject", "arn:aws:s3:::bucket/k")]


def test_what_nobody_signs_is_nobodys_call(aws: Aws) -> None:
    before = aws.emulated.calls
    with urllib.request.urlopen(f"{aws.emulated.url}/moto-api/data.json") as answer:
        assert json.load(answer)
    assert aws.emulated.calls - before == set()


def test_jobs_call_as_themselves(aws: Aws, trained: dict[str, Any]) -> None:
    name = trained["TrainingJobName"]
    artifact = trained["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://")
    put = Call("sagemaker", "s3:PutObject", "s3:PutObject", f"arn:aws:s3:::{artifact}")
    assert put in aws.emulated.calls
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs"
    written = [call for call in aws.emulated.calls if call.action == "logs:PutLogEvents"]
    assert {
        call.principal
        for call in written
        if call.resource.startswith(f"{group}:log-stream:{name}/")
    } == {"sagemaker"}
