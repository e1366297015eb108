"""The emulated MWAA: environments, and the REST API of whatever Airflow is registered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from example_jobs import Aws
from stand_in_airflow import StandInAirflow, register, stand_in_airflow

from generator.local.account_setup import Clients
from generator.local.aws import mwaa_web_server
from generator.local.mwaa_environment import command, registered

REQUEST = {
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/mwaa",
    "SourceBucketArn": "arn:aws:s3:::acme-mwaa",
    "DagS3Path": "dags",
    "NetworkConfiguration": {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
    },
}


@pytest.fixture
def airflow() -> Iterator[StandInAirflow]:
    with stand_in_airflow() as running:
        yield running


@pytest.fixture
def mwaa(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client that knows of the emulated AWS only what it is told to export."""
    for name, value in aws.emulated.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("mwaa")
    yield client
    for name in client.list_environments()["Environments"]:
        client.delete_environment(Name=name)
    client.close()


@pytest.fixture
def environment(mwaa: Any) -> str:
    mwaa.create_environment(Name="acme", **REQUEST)
    return "acme"


def test_an_environment_is_available_at_once_and_remembers_its_settings(mwaa):
    arn = mwaa.create_environment(
        Name="acme", Tags={"team": "growth"}, AirflowVersion="2.11.2", **REQUEST
    )["Arn"]
    found = mwaa.get_environment(Name="acme")["Environment"]
    assert arn == found["Arn"] == "arn:aws:airflow:us-east-1:123456789012:environment/acme"
    assert {name: found[name] for name in REQUEST} == REQUEST
    assert (found["Status"], found["AirflowVersion"]) == ("AVAILABLE", "2.11.2")
    assert found["Tags"] == {"team": "growth"}
    assert mwaa.list_environments()["Environments"] == ["acme"]


def test_an_update_changes_what_it_names_and_nothing_else(mwaa, environment):
    logs = {"TaskLogs": {"Enabled": True, "LogLevel": "INFO"}}
    mwaa.update_environment(Name=environment, LoggingConfiguration=logs)
    mwaa.update_environment(
        Name=environment,
        RequirementsS3Path="requirements.txt",
        RequirementsS3ObjectVersion="v2",
        NetworkConfiguration={"SecurityGroupIds": ["sg-2"]},
    )
    found = mwaa.get_environment(Name=environment)["Environment"]
    assert found["RequirementsS3ObjectVersion"] == "v2"
    assert found["NetworkConfiguration"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    assert found["NetworkConfiguration"]["SecurityGroupIds"] == ["sg-2"]
    assert found["LoggingConfiguration"]["TaskLogs"]["LogLevel"] == "INFO"
    assert found["LastUpdate"]["Status"] == "SUCCESS"
    assert found["DagS3Path"] == "dags"


def test_tags_are_set_and_removed(mwaa, environment):
    arn = mwaa.get_environment(Name=environment)["Environment"]["Arn"]
    mwaa.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    mwaa.untag_resource(ResourceArn=arn, tagKeys=["a"])
    assert mwaa.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_a_deleted_environment_is_gone(mwaa, environment):
    mwaa.delete_environment(Name=environment)
    with pytest.raises(mwaa.exceptions.ResourceNotFoundException):
        mwaa.get_environment(Name=environment)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"Name": "1st"}, "regular expression pattern"),
        ({"ExecutionRoleArn": "mwaa"}, "executionRoleArn"),
        ({"NetworkConfiguration": {"SubnetIds": ["subnet-1"] * 3}}, "subnetIds"),
        ({"WebserverAccessMode": "PRIVATE"}, "webserverAccessMode"),
    ],
)
def test_what_the_model_refuses_is_refused(mwaa, change, complaint):
    with pytest.raises(mwaa.exceptions.ValidationException, match=complaint):
        mwaa.create_environment(**{"Name": "acme", **REQUEST, **change})


def test_a_second_environment_of_that_name_is_refused(mwaa, environment):
    with pytest.raises(mwaa.exceptions.ValidationException, match="already exists"):
        mwaa.create_environment(Name=environment, **REQUEST)


@pytest.mark.parametrize(("version", "prefix"), [("2.11.2", "/api/v1"), ("3.3.1", "/api/v2")])
def test_the_rest_api_of_the_registered_airflow_answers(
    mwaa, environment, aws, airflow, version, prefix
):
    register(aws.emulated.url, environment, airflow.url, airflow_version=version)
    airflow.answers = [(200, {"total_entries": 0})]
    answer = mwaa.invoke_rest_api(
        Name=environment, Path="/dags", Method="GET", QueryParameters={"tags": ["a b", "c"]}
    )
    assert (answer["RestApiStatusCode"], answer["RestApiResponse"]) == (200, {"total_entries": 0})
    method, path, body, authorization = airflow.asked[-1]
    assert (method, path, body) == ("GET", f"{prefix}/dags?tags=a+b&tags=c", None)
    assert authorization == ("Bearer token-1" if version > "3" else "Basic YWRtaW46c2VjcmV0")


def test_a_token_serves_until_it_is_refused(mwaa, environment, aws, airflow):
    register(aws.emulated.url, environment, airflow.url)
    airflow.answers = [(200, {}), (401, {}), (200, {})]
    for _ in range(2):
        mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")
    signed = [authorization for *_, authorization in airflow.asked if authorization]
    assert signed == ["Bearer token-1", "Bearer token-1", "Bearer token-4"]


def test_an_empty_answer_is_an_empty_object(mwaa, environment, aws, airflow):
    register(aws.emulated.url, environment, airflow.url)
    airflow.answers = [(204, b"")]
    answer = mwaa.invoke_rest_api(Name=environment, Path="/dags/a", Method="DELETE")
    assert (answer["RestApiStatusCode"], answer["RestApiResponse"]) == (204, {})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "RestApiClientException"),
        (409, "RestApiClientException"),
        (500, "RestApiServerException"),
    ],
)
def test_what_airflow_refuses_is_an_exception_with_its_answer(
    mwaa, environment, aws, airflow, status, code
):
    register(aws.emulated.url, environment, airflow.url)
    airflow.answers = [(status, {"detail": "no"})]
    with pytest.raises(getattr(mwaa.exceptions, code)) as caught:
        mwaa.invoke_rest_api(Name=environment, Path="/dags/a", Method="GET")
    assert caught.value.response["RestApiStatusCode"] == status
    assert caught.value.response["RestApiResponse"] == {"detail": "no"}


def test_without_a_registered_airflow_no_web_server_answers(mwaa, environment):
    with pytest.raises(mwaa.exceptions.RestApiServerException) as caught:
        mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")
    assert caught.value.response["RestApiStatusCode"] == 503


def test_an_airflow_that_has_ended_does_not_answer(mwaa, environment, aws, airflow):
    register(aws.emulated.url, environment, "http://127.0.0.1:1")
    with pytest.raises(mwaa.exceptions.RestApiServerException) as caught:
        mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")
    assert caught.value.response["RestApiStatusCode"] == 503


def test_a_slow_airflow_is_given_up(mwaa, environment, aws, airflow, monkeypatch):
    assert mwaa_web_server.LONGEST_CALL == 10
    monkeypatch.setattr(mwaa_web_server, "LONGEST_CALL", 0.2)
    ended = threading.Event()

    class Slow(list):
        def pop(self, _: int) -> tuple[int, Any]:
            ended.wait(5)
            return 200, {}

    register(aws.emulated.url, environment, airflow.url)
    airflow.answers = Slow()
    with pytest.raises(mwaa.exceptions.RestApiServerException) as caught:
        mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")
    ended.set()
    assert caught.value.response["RestApiStatusCode"] == 504


def test_a_path_has_at_most_64_characters(mwaa, environment, aws, airflow):
    register(aws.emulated.url, environment, airflow.url)
    airflow.answers = [(200, {})]
    longest = "/dags/" + "a" * 58
    mwaa.invoke_rest_api(Name=environment, Path=longest, Method="GET")
    with pytest.raises(mwaa.exceptions.ValidationException, match="64"):
        mwaa.invoke_rest_api(Name=environment, Path=longest + "a", Method="GET")


def test_the_first_calls_can_be_throttled(mwaa, environment, aws, airflow):
    register(aws.emulated.url, environment, airflow.url, throttled=1)
    airflow.answers = [(200, {})]
    patient = mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")
    assert patient["ResponseMetadata"]["RetryAttempts"] == 1


def test_an_unknown_environment_has_no_rest_api(mwaa):
    with pytest.raises(mwaa.exceptions.ResourceNotFoundException):
        mwaa.invoke_rest_api(Name="nowhere", Path="/dags", Method="GET")


def test_an_operation_that_is_not_emulated_says_so(mwaa, environment):
    with pytest.raises(ClientError, match="InvokeRestApi") as caught:
        mwaa.create_web_login_token(Name=environment)
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"


@pytest.mark.parametrize("headers", [{"Origin": "http://example.com"}, {"Host": "example.com"}])
def test_a_web_page_cannot_register_an_airflow(mwaa, aws, environment, airflow, headers):
    assert register(aws.emulated.url, environment, airflow.url, headers=headers)[0] == 403


@pytest.mark.parametrize(
    ("url", "fields"),
    [("http://example.com", {}), ("http://127.0.0.1", {"username": None})],
)
def test_a_wrong_registration_is_refused_without_its_password(mwaa, aws, environment, url, fields):
    status, content = register(aws.emulated.url, environment, url, **fields)
    assert status == 400
    assert "secret" not in json.dumps(content)


def test_the_end_of_one_airflow_is_not_the_end_of_its_successor(mwaa, aws, environment, airflow):
    register(aws.emulated.url, environment, "http://127.0.0.1:1")
    register(aws.emulated.url, environment, airflow.url)
    register(aws.emulated.url, environment, "http://127.0.0.1:1", "DELETE")
    airflow.answers = [(200, {})]
    mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")


def test_an_airflow_that_is_no_longer_registered_answers_no_more(mwaa, aws, environment, airflow):
    register(aws.emulated.url, environment, airflow.url)
    register(aws.emulated.url, environment, airflow.url, "DELETE")
    with pytest.raises(mwaa.exceptions.RestApiServerException):
        mwaa.invoke_rest_api(Name=environment, Path="/dags", Method="GET")


MWAA = {"environment": "from-ui", "bucket": "from-ui-mwaa"}


def test_an_airflow_that_pipelines_ui_runs_answers_until_it_ends(mwaa, aws, airflow, capfd):
    clients = Clients(aws.emulated.environment)
    for _ in range(2):  # what is there already is taken
        airflow.answers = [(200, {"dags": []})]
        with registered(MWAA, clients, airflow.url, "canary"):
            answer = mwaa.invoke_rest_api(Name="from-ui", Path="/dags", Method="GET")
        assert answer["RestApiResponse"] == {"dags": []}
        with pytest.raises(mwaa.exceptions.RestApiServerException):
            mwaa.invoke_rest_api(Name="from-ui", Path="/dags", Method="GET")
    signed_in = [asked.body for asked in airflow.asked if asked.path == "/auth/token"]
    assert signed_in == 2 * [{"username": "admin", "password": "canary"}]
    found = mwaa.get_environment(Name="from-ui")["Environment"]
    assert found["SourceBucketArn"] == "arn:aws:s3:::from-ui-mwaa"
    versioning = clients["s3"].get_bucket_versioning(Bucket="from-ui-mwaa")
    assert versioning["Status"] == "Enabled"
    assert "canary" not in "".join(capfd.readouterr())
    for client in clients._clients.values():
        client.close()


def test_the_line_that_calls_airflow_through_mwaa_is_complete(mwaa, aws, monkeypatch):
    environment = aws.emulated.environment
    short = command(MWAA, environment, exported=True)
    assert short == "aws mwaa invoke-rest-api --name from-ui --method GET --path /dags"
    variables, _, same = command(MWAA, environment, exported=False).partition(" aws ")
    assert short == f"aws {same}"
    for name in environment:
        monkeypatch.delenv(name)
    for variable in variables.split():
        monkeypatch.setenv(*variable.split("="))
    with closing(boto3.client("mwaa")) as client:
        assert (
            client.list_environments()["Environments"] == mwaa.list_environments()["Environments"]
        )
