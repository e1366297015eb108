"""Jobs and job runs of the emulated Glue, with a script standing in for Spark."""

from __future__ import annotations

import itertools
import sys

import pytest
from botocore.exceptions import ClientError
from example_jobs import BUCKET, wait_for

from generator.local.aws import glue_runs

ROLE = "arn:aws:iam::123456789012:role/glue"
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR")
_numbers = itertools.count(1)


@pytest.fixture
def runner(monkeypatch, stand_in):
    """Makes a script's source the Glue runner."""

    def use(source: str) -> None:
        monkeypatch.setattr(glue_runs, "RUNNER", [sys.executable, str(stand_in(source))])

    use("import sys; print(sys.argv[1:])")
    return use


def create_job(aws, **changes):
    request = {
        "Name": f"prepare-{next(_numbers)}",
        "Role": ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/script.py"},
        "GlueVersion": "5.0",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        **changes,
    }
    return aws.glue.create_job(**request)["Name"]


def finish(aws, job, run_id):
    return wait_for(
        lambda: aws.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"],
        lambda run: run["JobRunState"] in ENDED,
    )


def run_to_end(aws, job, **request):
    run_id = aws.glue.start_job_run(JobName=job, **request)["JobRunId"]
    return finish(aws, job, run_id)


def test_a_run_gets_the_merged_arguments_and_its_output_goes_to_cloudwatch(aws, runner):
    runner("import sys; print(sys.argv[1:]); print('oops', file=sys.stderr)")
    job = create_job(aws, DefaultArguments={"--source": "s3://a/b", "--seed": "1"})
    run = run_to_end(aws, job, Arguments={"--seed": "2"})
    assert run["JobRunState"] == "SUCCEEDED"
    assert run["Arguments"] == {"--seed": "2"}
    assert run["StartedOn"] <= run["CompletedOn"]
    assert "ErrorMessage" not in run
    work_dir = str(aws.emulated.jobs_folder / run["Id"])
    expected = [
        *("--script", f"s3://{BUCKET}/script.py", "--work-dir", work_dir),
        *("--glue-version", "5.0", "--", "--JOB_NAME", job),
        *("--source", "s3://a/b", "--seed", "2"),
    ]
    assert aws.log_of("/aws-glue/jobs/output", run["Id"]) == [str(expected)]
    assert aws.log_of("/aws-glue/jobs/error", run["Id"]) == ["oops"]


def test_a_failed_run_gives_the_reason_that_the_runner_left(aws, runner):
    runner("open('failure.txt', 'w').write('No rows.'); raise SystemExit(1)")
    run = run_to_end(aws, create_job(aws))
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "No rows.")


def test_a_run_that_dies_without_a_reason_still_has_one(aws, runner):
    runner("import os; os._exit(7)")
    run = run_to_end(aws, create_job(aws))
    assert run["ErrorMessage"] == "The script ended with exit code 7 and said no reason."


def test_a_run_is_stopped_and_stops_only_once(aws, runner):
    runner("import time; print('up', flush=True); time.sleep(600)")
    job = create_job(aws)
    run_id = aws.glue.start_job_run(JobName=job)["JobRunId"]
    log = aws.emulated.jobs_folder / run_id / "stdout.log"
    wait_for(lambda: log.exists() and log.read_text() == "up\n", bool)
    assert aws.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"] == "RUNNING"

    with pytest.raises(aws.glue.exceptions.ConcurrentRunsExceededException):
        aws.glue.start_job_run(JobName=job)

    answer = aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id, "jr_nobody"])
    assert answer["SuccessfulSubmissions"] == [{"JobName": job, "JobRunId": run_id}]
    [error] = answer["Errors"]
    assert error["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert finish(aws, job, run_id)["JobRunState"] == "STOPPED"
    [error] = aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])["Errors"]
    assert "is in state STOPPED" in error["ErrorDetail"]["ErrorMessage"]


def test_a_run_over_its_timeout_is_ended(aws, runner, monkeypatch):
    runner("import time; time.sleep(600)")
    monkeypatch.setattr(glue_runs, "SECONDS_PER_MINUTE", 0.5)
    run = run_to_end(aws, create_job(aws), Timeout=1)
    assert run["JobRunState"] == "TIMEOUT"


def test_runs_are_listed_the_latest_first(aws, runner):
    job = create_job(aws, ExecutionProperty={"MaxConcurrentRuns": 3})
    started = [aws.glue.start_job_run(JobName=job)["JobRunId"] for _ in range(3)]
    for run_id in started:
        finish(aws, job, run_id)
    first = aws.glue.get_job_runs(JobName=job, MaxResults=2)
    rest = aws.glue.get_job_runs(JobName=job, NextToken=first["NextToken"])
    listed = [run["Id"] for run in first["JobRuns"] + rest["JobRuns"]]
    assert listed == started[::-1]
    assert "NextToken" not in rest


def test_a_job_is_described_with_glues_defaults(aws):
    job = aws.glue.get_job(JobName=create_job(aws))["Job"]
    assert job["Timeout"] == 480
    assert job["MaxRetries"] == 0
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert job["MaxCapacity"] == 2.0
    old = aws.glue.get_job(JobName=create_job(aws, GlueVersion="4.0"))["Job"]
    assert old["Timeout"] == 2880


def test_an_update_resets_what_it_leaves_out(aws):
    job = create_job(aws, Timeout=7, Description="old", DefaultArguments={"--a": "1"})
    command = {"Name": "glueetl", "ScriptLocation": "s3://bucket/new.py"}
    aws.glue.update_job(JobName=job, JobUpdate={"Role": ROLE, "Command": command})
    updated = aws.glue.get_job(JobName=job)["Job"]
    assert updated["Command"] == command
    assert updated["Timeout"] == 480
    assert not {"Description", "DefaultArguments", "WorkerType"} & updated.keys()
    assert updated["LastModifiedOn"] >= updated["CreatedOn"]


def test_the_same_job_exists_and_another_one_mismatches(aws):
    name = create_job(aws)
    with pytest.raises(aws.glue.exceptions.AlreadyExistsException, match=name):
        create_job(aws, Name=name)
    with pytest.raises(aws.glue.exceptions.IdempotentParameterMismatchException, match=name):
        create_job(aws, Name=name, Timeout=9)


def test_what_does_not_exist_is_entity_not_found(aws):
    job = create_job(aws)
    for call in (
        lambda: aws.glue.get_job(JobName="nobody"),
        lambda: aws.glue.update_job(JobName="nobody", JobUpdate={}),
        lambda: aws.glue.start_job_run(JobName="nobody"),
        lambda: aws.glue.get_job_runs(JobName="nobody"),
        lambda: aws.glue.get_job_run(JobName=job, RunId="jr_nobody"),
        lambda: aws.glue.get_tags(ResourceArn="arn:aws:glue:us-east-1:123456789012:job/nobody"),
    ):
        with pytest.raises(aws.glue.exceptions.EntityNotFoundException, match="nobody not found"):
            call()


def test_a_deleted_job_is_gone_and_deleting_it_again_is_no_error(aws):
    job = create_job(aws)
    for _ in range(2):
        assert aws.glue.delete_job(JobName=job)["JobName"] == job
    assert job not in [item["Name"] for item in aws.glue.get_jobs()["Jobs"]]


def test_tags_are_added_and_removed(aws):
    name = create_job(aws, Tags={"team": "growth"})
    arn = f"arn:aws:glue:us-east-1:123456789012:job/{name}"
    aws.glue.tag_resource(ResourceArn=arn, TagsToAdd={"stage": "dev"})
    assert aws.glue.list_jobs(Tags={"stage": "dev"})["JobNames"] == [name]
    aws.glue.untag_resource(ResourceArn=arn, TagsToRemove=["team"])
    assert aws.glue.get_tags(ResourceArn=arn)["Tags"] == {"stage": "dev"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WorkerType": "G.3X"}, "Member must satisfy enum value set: .*G.1X"),
        ({"Name": "two\nlines"}, "'name' failed to satisfy constraint"),
        ({"MaxCapacity": 2.0}, "do not set Max Capacity if using Worker Type"),
    ],
)
def test_a_definition_that_glue_refuses_is_an_invalid_input(aws, changes, message):
    with pytest.raises(aws.glue.exceptions.InvalidInputException, match=message):
        create_job(aws, **changes)


def test_an_operation_that_is_not_emulated_says_so(aws):
    with pytest.raises(ClientError, match="does not know glue's CreateCrawler; it knows Batch"):
        aws.glue.create_crawler(Name="x", Role=ROLE, Targets={})
    with pytest.raises(ClientError, match="does not know sagemaker's ListTransformJobs"):
        aws.sagemaker.list_transform_jobs()
