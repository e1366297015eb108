"""Training jobs of the emulated SageMaker."""

from __future__ import annotations

import io
import tarfile
from datetime import datetime

import pytest
import xgboost
from botocore.exceptions import ClientError
from example_jobs import BUCKET, IMAGE, channel, example_rows, training_request, wait_for

GROUP = "/aws/sagemaker/TrainingJobs"


def test_a_job_goes_through_the_statuses_of_aws(trained):
    assert trained["TrainingJobStatus"] == trained["SecondaryStatus"] == "Completed"
    statuses = [entry["Status"] for entry in trained["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert trained["TrainingStartTime"] <= trained["TrainingEndTime"]
    assert trained["BillableTimeInSeconds"] >= 1
    assert all(
        isinstance(entry["EndTime"], datetime) for entry in trained["SecondaryStatusTransitions"]
    )


def test_the_final_metrics_are_the_last_values_of_both_channels(aws, trained):
    metrics = {entry["MetricName"]: entry["Value"] for entry in trained["FinalMetricDataList"]}
    assert metrics.keys() == {
        *("train:logloss", "train:auc", "validation:logloss", "validation:auc")
    }
    assert 0.9 < metrics["validation:auc"] < metrics["train:auc"]
    last = [line for line in aws.log_of(GROUP, trained["TrainingJobName"]) if "[9]" in line]
    assert last == [
        f"[9]#011train-logloss:{metrics['train:logloss']:.5f}"
        f"#011train-auc:{metrics['train:auc']:.5f}"
        f"#011validation-logloss:{metrics['validation:logloss']:.5f}"
        f"#011validation-auc:{metrics['validation:auc']:.5f}"
    ]


def test_the_log_says_which_xgboost_trained_and_what_it_read(aws, trained):
    lines = aws.log_of(GROUP, trained["TrainingJobName"])
    assert lines[0] == f"XGBoost {xgboost.__version__} (container 3.2-0)"
    assert "Train matrix has 2000 rows and 5 columns" in lines
    assert "Validation matrix has 500 rows and 5 columns" in lines


def test_the_log_can_be_followed_in_the_jobs_folder(aws, trained):
    log = aws.emulated.jobs_folder / trained["TrainingJobName"] / "stdout.log"
    assert log.read_text().count("\n[") >= 10


def test_the_artifact_holds_a_model_that_xgboost_loads(aws, trained):
    name = trained["TrainingJobName"]
    key = f"models/{name}/output/model.tar.gz"
    assert trained["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/{key}"
    body = aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["xgboost-model"]
        model = xgboost.Booster()
        model.load_model(bytearray(archive.extractfile("xgboost-model").read()))
    assert model.num_features() == 5
    assert model.num_boosted_rounds() == 10


def test_the_description_repeats_the_request_and_the_tags_are_kept_apart(aws, trained):
    request = training_request(TrainingJobName=trained["TrainingJobName"])
    assert {key: trained[key] for key in request} == request
    assert "Tags" not in trained
    tags = aws.sagemaker.list_tags(ResourceArn=trained["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "growth"}]


def test_early_stopping_watches_the_last_metric_and_keeps_the_best_model(aws):
    settings = {
        "num_round": "300",
        "early_stopping_rounds": "3",
        "eta": "0.9",
        "eval_metric": "accuracy,logloss",
        "seed": "7",
    }
    name = aws.train(HyperParameters=settings)
    job = aws.finish_training(name)
    rounds = [line for line in aws.log_of(GROUP, name) if line.startswith("[")]
    assert job["TrainingJobStatus"] == "Completed"
    assert 4 <= len(rounds) < 300
    names = {entry["MetricName"] for entry in job["FinalMetricDataList"]}
    assert {"validation:accuracy", "validation:logloss"} <= names


def test_a_checkpoint_is_uploaded_and_the_next_job_resumes_from_it(aws):
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/resumed"}
    aws.finish_training(aws.train(CheckpointConfig=checkpoints))
    kept = aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="checkpoints/resumed/")["Contents"]
    assert [item["Key"].rpartition(".")[2] for item in kept] == ["5", "6", "7", "8", "9"]
    name = aws.train(CheckpointConfig=checkpoints, HyperParameters={"num_round": "12"})
    assert aws.finish_training(name)["TrainingJobStatus"] == "Completed"
    rounds = [line[:4] for line in aws.log_of(GROUP, name) if line.startswith("[")]
    assert rounds == ["[10]", "[11]"]


def test_a_name_is_used_once(aws, trained):
    request = training_request(TrainingJobName=trained["TrainingJobName"])
    with pytest.raises(aws.sagemaker.exceptions.ResourceInUse, match="must be unique within"):
        aws.sagemaker.create_training_job(**request)


def test_a_job_that_is_not_there_is_a_validation_exception(aws):
    for call in (aws.sagemaker.describe_training_job, aws.sagemaker.stop_training_job):
        with pytest.raises(ClientError, match="Requested resource not found") as error:
            call(TrainingJobName="nobody")
        assert error.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"TrainingJobName": "bad_name"}, "1 validation error detected: Value 'bad_name' at"),
        ({"RoleArn": "arn:aws:iam::1:role/short-account-number"}, "'roleArn' failed to satisfy"),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "specify a training image"),
        ({"InputDataConfig": [channel("train"), channel("train")]}, "must be unique"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}}, "Spot"),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59},
            },
            "Invalid MaxWaitTimeInSeconds",
        ),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": IMAGE,
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "x", "Regex": "x=(.*)"}],
                }
            },
            "You can't override the metric definitions",
        ),
    ],
)
def test_a_request_that_aws_refuses_is_refused(aws, changes, message):
    with pytest.raises(ClientError, match=message) as error:
        aws.train(**changes)
    assert error.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("uri", "more"),
    [
        (f"s3://{BUCKET}/nowhere/", ""),
        ("s3://no-such-bucket/x/", "The specified bucket does not exist"),
    ],
)
def test_missing_data_fails_the_job(aws, uri, more):
    job = aws.finish_training(aws.train(InputDataConfig=[channel("train", uri)]))
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith(f'ClientError: No S3 objects found under S3 URL "{uri}"')
    assert job["FailureReason"].endswith(more)


def test_an_image_that_is_not_xgboost_fails_the_job_with_a_clear_reason(aws):
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/my-model:1"
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    job = aws.finish_training(aws.train(AlgorithmSpecification=algorithm))
    assert job["FailureReason"] == (
        "ClientError: The emulated AWS runs only SageMaker's built-in XGBoost container, "
        f"not the image {image}."
    )


def test_a_refused_hyperparameter_fails_the_job(aws):
    job = aws.finish_training(aws.train(HyperParameters={"max_dept": "5"}))
    assert job["FailureReason"] == (
        "AlgorithmError: framework error: Extraneous hyperparameter found: max_dept, exit code: 1"
    )


def test_what_xgboost_itself_refuses_fails_the_job(aws):
    settings = {"tree_method": "gpu_hist"}
    reason = aws.finish_training(aws.train(HyperParameters=settings))["FailureReason"]
    assert "XGBoostError: Invalid Input: 'gpu_hist'" in reason
    assert "Stack trace" not in reason


def test_stopping_a_job_ends_the_container(aws):
    name = aws.train(HyperParameters={"num_round": "1000000"})
    log = aws.emulated.jobs_folder / name / "stdout.log"
    wait_for(lambda: log.exists() and "[3]" in log.read_text(), bool)
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.finish_training(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == ""
    with pytest.raises(ClientError, match="training job is in status Stopped"):
        aws.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_over_its_runtime_is_stopped_and_its_model_kept_where_asked(aws):
    job = aws.finish_training(
        aws.train(
            HyperParameters={"num_round": "1000000", "save_model_on_termination": "true"},
            StoppingCondition={"MaxRuntimeInSeconds": 5, "MaxWaitTimeInSeconds": 5},
            EnableManagedSpotTraining=True,
        )
    )
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/output/model.tar.gz")


def test_jobs_are_listed_the_newest_first_and_page_by_page(aws, trained):
    name = trained["TrainingJobName"]
    [found] = aws.sagemaker.list_training_jobs(NameContains=name, StatusEquals="Completed")[
        "TrainingJobSummaries"
    ][-1:]
    assert found["TrainingJobName"] == name
    everything = [
        job["TrainingJobName"]
        for page in aws.sagemaker.get_paginator("list_training_jobs").paginate(
            PaginationConfig={"PageSize": 1}
        )
        for job in page["TrainingJobSummaries"]
    ]
    assert len(everything) == len(set(everything))
    assert everything[-1] == min(everything, key=lambda job: int(job.partition("-")[2]))


def test_a_prefix_is_a_string_and_not_a_folder(aws):
    aws.put_rows("prefixes/train", example_rows(100, seed=4))
    aws.put_rows("prefixes/training-old", example_rows(50, seed=5))
    name = aws.train(InputDataConfig=[channel("train", f"s3://{BUCKET}/prefixes/train")])
    aws.finish_training(name)
    assert "Train matrix has 150 rows and 5 columns" in aws.log_of(GROUP, name)


@pytest.mark.parametrize(("container", "release"), [("3.0-5", "3.0.5"), ("1.7-1", "1.7.4")])
def test_an_older_container_trains_with_its_own_xgboost(aws, container, release):
    image = IMAGE.replace("3.2-0", container)
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    name = aws.train(AlgorithmSpecification=algorithm)
    job = aws.finish_training(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert aws.log_of(GROUP, name)[0] == f"XGBoost {release} (container {container})"
