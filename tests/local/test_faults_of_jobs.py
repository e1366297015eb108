"""Faults of emulated jobs, endpoints and objects: what goes wrong in a service itself."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError
from example_endpoints import create_config, create_model, settle
from example_jobs import BUCKET, ROLE, wait_for


def start_glue_run(aws, script="print('done')", **more):
    name = f"job-{time.monotonic_ns()}"
    aws.s3.put_object(Bucket=BUCKET, Key=f"scripts/{name}.py", Body=script.encode())
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/scripts/{name}.py"}
    aws.glue.create_job(Name=name, Role=ROLE, Command=command, GlueVersion="5.0")
    return name, aws.glue.start_job_run(JobName=name, **more)["JobRunId"]


def finish_glue_run(aws, name, run):
    return wait_for(
        lambda: aws.glue.get_job_run(JobName=name, RunId=run)["JobRun"],
        lambda described: described["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING"),
    )


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ("capacity", "Failed", "CapacityError: Unable to provision requested ML compute capacity"),
        ("job-fails", "Failed", "AlgorithmError: RuntimeError: this job was told to fail, exit"),
        ("job-stops", "Stopped", None),
    ],
)
def test_the_first_training_job_ends_badly_and_the_second_well(aws, faulty, fault, status, reason):
    faulty(fault)
    first, second = aws.train(), aws.train()
    job = aws.finish_training(first)
    assert job["TrainingJobStatus"] == status
    assert job.get("FailureReason", "").startswith(reason or "")
    assert aws.finish_training(second)["TrainingJobStatus"] == "Completed"


def test_a_failed_job_has_its_traceback_in_the_log(aws, faulty):
    faulty("job-fails")
    name = aws.train()
    aws.finish_training(name)
    log = aws.log_of("/aws/sagemaker/TrainingJobs", name)
    assert log[-1] == "RuntimeError: this job was told to fail"


def test_a_job_that_never_ends_can_be_stopped_and_has_a_longest_time(aws, faulty):
    faulty("job-never-ends=2")
    stopped = aws.train()
    limited = aws.train(StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert aws.finish_training(limited)["SecondaryStatus"] == "MaxRuntimeExceeded"
    job = aws.sagemaker.describe_training_job(TrainingJobName=stopped)
    assert job["SecondaryStatus"] == "Training"
    aws.sagemaker.stop_training_job(TrainingJobName=stopped)
    assert aws.finish_training(stopped)["TrainingJobStatus"] == "Stopped"


def test_the_first_glue_run_ends_badly_too(aws, faulty):
    faulty("job-fails")
    run = finish_glue_run(aws, *start_glue_run(aws))
    assert (run["JobRunState"], run["ErrorMessage"]) == (
        "FAILED",
        "RuntimeError: this job was told to fail",
    )
    faulty("job-stops")
    assert finish_glue_run(aws, *start_glue_run(aws))["JobRunState"] == "STOPPED"
    faulty("job-never-ends")
    name, run = start_glue_run(aws)
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run])
    assert finish_glue_run(aws, name, run)["JobRunState"] == "STOPPED"


@pytest.mark.slow
def test_an_update_rolls_back_and_leaves_the_old_model_in_service(aws, faulty, artifact):
    old, new = (create_config(aws, create_model(aws, artifact)) for _ in range(2))
    aws.sagemaker.create_endpoint(EndpointName="rolls", EndpointConfigName=old)
    settle(aws, "rolls")
    faulty("endpoint-rolls-back")
    aws.sagemaker.update_endpoint(EndpointName="rolls", EndpointConfigName=new)
    wait_for(
        lambda: aws.sagemaker.describe_endpoint(EndpointName="rolls")["EndpointStatus"],
        lambda status: status == "RollingBack",
    )
    endpoint = settle(aws, "rolls")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", old)
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    aws.sagemaker.update_endpoint(EndpointName="rolls", EndpointConfigName=new)
    assert settle(aws, "rolls")["EndpointConfigName"] == new
    faulty("endpoint-rollback-fails")
    aws.sagemaker.update_endpoint(EndpointName="rolls", EndpointConfigName=old)
    assert settle(aws, "rolls")["EndpointStatus"] == "UpdateRollbackFailed"
    aws.sagemaker.delete_endpoint(EndpointName="rolls")


def test_without_capacity_the_first_creation_of_an_endpoint_fails(aws, faulty, artifact):
    config = create_config(aws, create_model(aws, artifact))
    faulty("capacity")
    aws.sagemaker.create_endpoint(EndpointName="crowded", EndpointConfigName=config)
    endpoint = settle(aws, "crowded")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "InsufficientInstanceCapacity" in endpoint["FailureReason"]
    aws.sagemaker.delete_endpoint(EndpointName="crowded")


@pytest.mark.slow
def test_a_spot_job_is_interrupted_once_and_goes_on_from_its_checkpoint(aws, faulty):
    faulty("spot-interruption")
    name = aws.train(
        EnableManagedSpotTraining=True,
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/spot"},
        StoppingCondition={"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 600},
    )
    job = aws.finish_training(name)
    statuses = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    once = ["Starting", "Downloading", "Training"]
    assert statuses == [*once, "Interrupted", *once, "Uploading", "Completed"]
    streams = aws.logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name
    )["logStreams"]
    lines = [aws.log_of("/aws/sagemaker/TrainingJobs", each["logStreamName"]) for each in streams]
    rounds = [sum(line.startswith("[") for line in each) for each in lines]
    assert rounds == [3, 7]
    assert "Checkpoint found, resuming after round 2" in lines[1]


def test_a_job_that_is_not_on_spot_instances_is_not_interrupted(aws, faulty):
    faulty("spot-interruption")
    assert aws.finish_training(aws.train())["TrainingJobStatus"] == "Completed"


def test_a_missing_object_fails_the_job_that_needs_it_and_the_next_finds_it(aws, airflow, faulty):
    faulty("object-missing")
    first = aws.finish_training(aws.train())
    assert "No S3 objects found under S3 URL" in first["FailureReason"]
    second = aws.finish_training(aws.train())
    assert second["TrainingJobStatus"] == "Completed"
    key = "data/validation/part-0.csv"
    with pytest.raises(ClientError, match="The specified key does not exist"):
        airflow("s3").get_object(Bucket=BUCKET, Key=key)
    assert airflow("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"] > 0
    aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].close()


def test_a_truncated_model_fails_the_endpoint(aws, faulty, artifact):
    config = create_config(aws, create_model(aws, artifact))
    faulty("object-truncated:model.tar.gz")
    aws.sagemaker.create_endpoint(EndpointName="cut", EndpointConfigName=config)
    endpoint = settle(aws, "cut")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "Failed to extract model data archive" in endpoint["FailureReason"]
    aws.sagemaker.delete_endpoint(EndpointName="cut")
