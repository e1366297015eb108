"""Faults of the emulated AWS as boto3 sees them, with the access key that Airflow has."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from example_endpoints import create_model
from example_jobs import training_request

from generator.local.aws.faults import CATALOGUE, UnknownFaultError, listing, parse

ENDS_AT_ONCE = "capacity"
"""So that a test has not to wait for a job that really trains."""


def error_of(call, **parameters):
    """The code and the status of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def ask(url, method="GET", content=None, **headers):
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_every_fault_says_what_it_does_in_the_listing():
    lines = listing().splitlines()
    named = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert named == [fault.name for fault in CATALOGUE]
    assert len(named) == len(set(named))
    assert all(fault.help and fault.operations for fault in CATALOGUE)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("throtling", "there is no fault 'throtling' (did you mean 'throttling'?)"),
        ("zzz", "there is no fault 'zzz'; there are throttling, server-error"),
        ("job-fails:s3.GetObject", "job-fails cannot happen to s3.GetObject, only to sagemaker.Cr"),
        ("throttling:sagemaker", "a place is SERVICE.OPERATION"),
        ("throttling=often", "'often' is not a number of times"),
        ("throttling=0", "'0' is not a number of times"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_words(text, said):
    with pytest.raises(UnknownFaultError) as error:
        parse(text)
    assert said in str(error.value)


def test_throttling_refuses_the_first_calls_of_airflow_and_of_nobody_else(aws, airflow, faulty):
    faulty("throttling")
    sagemaker = airflow("sagemaker")
    for _ in range(3):
        assert error_of(sagemaker.list_models) == ("ThrottlingException", 400)
    sagemaker.list_models()
    aws.sagemaker.list_training_jobs()
    assert error_of(airflow("s3").list_buckets) == ("SlowDown", 503)
    assert error_of(airflow("sts").get_caller_identity) == ("Throttling", 400)
    assert aws.emulated.struck["throttling sagemaker.ListModels"] == 3
    assert "throttling sagemaker.ListTrainingJobs" not in aws.emulated.struck


def test_a_fault_can_be_meant_for_one_operation_and_so_many_times(airflow, faulty):
    faulty("throttling:sagemaker.ListModels=1")
    sagemaker = airflow("sagemaker")
    sagemaker.list_training_jobs()
    error_of(sagemaker.list_models)
    sagemaker.list_models()


def test_server_errors_are_500_and_503(airflow, faulty):
    faulty("server-error")
    sagemaker = airflow("sagemaker")
    errors = [error_of(sagemaker.list_models) for _ in range(3)]
    assert [status for _, status in errors] == [500, 503, 500]
    assert error_of(airflow("glue").get_jobs) == ("InternalServiceException", 500)
    sagemaker.list_models()


def test_a_dropped_connection_loses_the_request_and_then_the_answer(aws, airflow, faulty):
    faulty("connection-drops", ENDS_AT_ONCE)
    sagemaker, request = airflow("sagemaker"), training_request()
    for done in (False, True):
        with pytest.raises(ConnectionClosedError):
            sagemaker.create_training_job(**request)
        name = request["TrainingJobName"]
        found = aws.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
        assert [job["TrainingJobName"] for job in found] == [name] * done
    assert error_of(sagemaker.create_training_job, **request) == ("ResourceInUse", 400)
    aws.finish_training(name)


def test_boto3s_own_retries_run_into_the_job_whose_answer_was_lost(aws, airflow, faulty):
    faulty("connection-drops", ENDS_AT_ONCE)
    request = training_request()
    sagemaker = airflow("sagemaker", attempts=5)
    assert error_of(sagemaker.create_training_job, **request) == ("ResourceInUse", 400)
    aws.finish_training(request["TrainingJobName"])


def test_a_duplicate_is_carried_out_twice(aws, airflow, faulty):
    request = training_request()
    faulty("duplicate-delivery", ENDS_AT_ONCE)
    sagemaker = airflow("sagemaker")
    assert error_of(sagemaker.create_training_job, **request) == ("ResourceInUse", 400)
    assert aws.finish_training(request["TrainingJobName"])


def test_what_was_just_created_is_not_found_once(aws, airflow, faulty):
    old = create_model(aws, "s3://bucket/model.tar.gz")
    faulty("not-found-once", ENDS_AT_ONCE)
    sagemaker, request = airflow("sagemaker"), training_request()
    sagemaker.describe_model(ModelName=old)
    sagemaker.create_training_job(**request)
    name = request["TrainingJobName"]
    with pytest.raises(ClientError, match="Requested resource not found"):
        sagemaker.describe_training_job(TrainingJobName=name)
    sagemaker.describe_training_job(TrainingJobName=name)
    aws.finish_training(name)


def test_another_process_sets_and_clears_faults(aws, airflow, faulty):
    url = f"{aws.emulated.url}/_pipelines/faults"
    assert ask(url, "POST", {"faults": ["throttling=1"]}) == {
        "faults": ["throttling=1"],
        "struck": {},
    }
    error_of(airflow("sagemaker").list_models)
    assert ask(url)["struck"] == {"throttling sagemaker.ListModels": 1}
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, "POST", {"faults": ["nothing"]})
    with refused.value as answer:
        assert "there is no fault 'nothing'" in answer.read().decode()
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, "POST", {"faults": []}, Origin="https://example.com")
    refused.value.close()
    assert ask(url, "DELETE") == {"faults": [], "struck": {}}


def test_slow_answers_come_late(airflow, faulty):
    faulty("slow-answers:sagemaker.ListModels=1")
    began = time.monotonic()
    airflow("sagemaker").list_models()
    assert time.monotonic() - began >= 3.0


def test_the_log_groups_are_missing_for_airflow(aws, airflow, faulty, trained):
    faulty("log-group-missing")
    named = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
    for _ in range(4):
        found = error_of(airflow("logs").describe_log_streams, **named)
        assert found == ("ResourceNotFoundException", 400)
    assert aws.logs.describe_log_streams(**named)["logStreams"]


def test_a_quota_is_exceeded_once(aws, airflow, faulty):
    faulty("resource-limit", ENDS_AT_ONCE)
    request = training_request()
    sagemaker = airflow("sagemaker")
    assert error_of(sagemaker.create_training_job, **request) == ("ResourceLimitExceeded", 400)
    sagemaker.create_training_job(**request)
    aws.finish_training(request["TrainingJobName"])
