"""Models, endpoint configurations and endpoints of the emulated SageMaker."""

from __future__ import annotations

import json
import subprocess
import time
from threading import Thread

import pytest
from botocore.exceptions import ClientError
from example_endpoints import ROW, create_config, create_model, invoke, settle
from example_jobs import BUCKET


def test_an_endpoint_in_service_describes_its_variant(aws, endpoint):
    described = aws.sagemaker.describe_endpoint(EndpointName=endpoint)
    [variant] = described["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"] == 1
    assert variant["CurrentWeight"] == 1.0
    assert described["LastModifiedTime"] >= described["CreationTime"]
    assert "FailureReason" not in described
    listed = aws.sagemaker.list_endpoints(NameContains="Churn", StatusEquals="InService")
    assert [item["EndpointName"] for item in listed["Endpoints"]] == ["Churn"]


def test_predictions_come_in_the_format_that_was_asked_for(aws, endpoint):
    rows = f"{ROW}\n-1,-2,-3,-4,-5\n"
    first, second = map(float, invoke(aws, endpoint, rows).split(","))
    assert second < 0.1 < 0.9 < first < 1.0
    scores = [{"score": first}, {"score": second}]
    assert json.loads(invoke(aws, endpoint, rows, Accept="application/json")) == {
        "predictions": scores
    }
    lines = invoke(aws, endpoint, rows, Accept="application/jsonlines").splitlines()
    assert [json.loads(line) for line in lines] == scores


def test_libsvm_and_missing_values_are_read(aws, endpoint):
    libsvm = invoke(aws, endpoint, "0:1 1:2 2:3 3:4 4:5", ContentType="text/libsvm")
    assert libsvm == invoke(aws, endpoint)
    assert invoke(aws, endpoint, "1,2,,,") == invoke(
        aws, endpoint, "0:1 1:2", ContentType="text/libsvm"
    )


def test_curl_reaches_an_endpoint_without_a_signature(aws, endpoint):
    url = f"{aws.emulated.url}/endpoints/{endpoint}/invocations"
    command = ["curl", "-sS", "-H", "Content-Type: text/csv", "--data-binary", ROW, url]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == invoke(aws, endpoint)


@pytest.mark.parametrize(
    ("body", "kind", "accept", "status", "reason"),
    [
        ("1,2", "text/csv", "text/csv", 400, "Feature size of text/csv inference data 2"),
        ("a,b,c,d,e", "text/csv", "text/csv", 415, "could not convert string to float: 'a'"),
        ("1,2\n3", "text/csv", "text/csv", 415, "the rows have different numbers of features"),
        ("{}", "application/json", "text/csv", 415, "Content type application/json is not"),
        (ROW, "text/csv", "image/png", 406, "Accept type image/png is not supported"),
    ],
)
def test_a_payload_that_the_model_refuses_is_a_model_error(
    aws, endpoint, body, kind, accept, status, reason
):
    with pytest.raises(aws.runtime.exceptions.ModelError) as error:
        invoke(aws, endpoint, body, ContentType=kind, Accept=accept)
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == status
    assert reason in answer["OriginalMessage"]
    assert answer["Error"]["Message"].startswith(f"Received client error ({status}) from primary")


def test_an_unknown_endpoint_or_variant_is_a_validation_error(aws, endpoint):
    with pytest.raises(ClientError) as error:
        invoke(aws, "nobody")
    assert error.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": "Endpoint nobody of account 123456789012 not found.",
    }
    with pytest.raises(ClientError, match="Variant Blue not found"):
        invoke(aws, endpoint, TargetVariant="Blue")


def test_both_variants_of_a_configuration_answer(aws, artifact):
    config = create_config(aws, create_model(aws, artifact), create_model(aws, artifact))
    aws.sagemaker.create_endpoint(EndpointName="two", EndpointConfigName=config)
    assert settle(aws, "two")["EndpointStatus"] == "InService"
    for variant in ("Variant1", "Variant2"):
        answer = aws.runtime.invoke_endpoint(
            EndpointName="two", ContentType="text/csv", Body=ROW, TargetVariant=variant
        )
        assert answer["InvokedProductionVariant"] == variant
    aws.sagemaker.delete_endpoint(EndpointName="two")


def test_a_missing_artifact_fails_the_endpoint(aws):
    url = f"s3://{BUCKET}/no/model.tar.gz"
    config = create_config(aws, create_model(aws, url))
    aws.sagemaker.create_endpoint(EndpointName="no-artifact", EndpointConfigName=config)
    endpoint = settle(aws, "no-artifact")
    assert endpoint["EndpointStatus"] == "Failed"
    assert f'from URL: "{url}"' in endpoint["FailureReason"]
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        aws.sagemaker.update_endpoint(EndpointName="no-artifact", EndpointConfigName=config)
    aws.sagemaker.delete_endpoint(EndpointName="no-artifact")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"xgboost-model": b"not a model"}, "xgboost-model cannot be loaded"),
        (None, "is a valid tar.gz archive"),
    ],
)
def test_a_model_that_cannot_be_loaded_fails_the_endpoint(aws, tmp_path, content, reason):
    from generator.local.aws.objects import pack

    archive = tmp_path / "model.tar.gz"
    if content is None:
        archive.write_bytes(b"not an archive")
    else:
        folder = tmp_path / "model"
        folder.mkdir()
        for name, data in content.items():
            (folder / name).write_bytes(data)
        pack(folder, archive)
    aws.s3.upload_file(str(archive), BUCKET, "broken/model.tar.gz")
    config = create_config(aws, create_model(aws, f"s3://{BUCKET}/broken/model.tar.gz"))
    aws.sagemaker.create_endpoint(EndpointName=config, EndpointConfigName=config)
    endpoint = settle(aws, config)
    aws.sagemaker.delete_endpoint(EndpointName=config)
    assert endpoint["EndpointStatus"] == "Failed"
    assert reason in endpoint["FailureReason"]


def test_an_update_is_seamless_and_needs_a_new_configuration(aws, artifact):
    first = create_config(aws, create_model(aws, artifact))
    second = create_config(aws, create_model(aws, artifact))
    aws.sagemaker.create_endpoint(EndpointName="live", EndpointConfigName=first)
    before = settle(aws, "live")
    with pytest.raises(ClientError, match="you must create a new EndpointConfig"):
        aws.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=first)
    with pytest.raises(ClientError, match='Could not find endpoint configuration "arn:aws:'):
        aws.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="nothing")

    failures, updating = [], True

    def ask() -> None:
        while updating:
            try:
                invoke(aws, "live")
            except Exception as error:
                failures.append(error)
            time.sleep(0.02)

    asking = Thread(target=ask)
    asking.start()
    aws.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=second)
    during = aws.sagemaker.describe_endpoint(EndpointName="live")
    for call in (
        lambda: aws.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=first),
        lambda: aws.sagemaker.delete_endpoint(EndpointName="live"),
    ):
        with pytest.raises(ClientError, match='Cannot update in-progress endpoint "arn:aws:'):
            call()
    after = settle(aws, "live")
    updating = False
    asking.join()
    assert failures == []
    assert (during["EndpointStatus"], during["EndpointConfigName"]) == ("Updating", first)
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == second
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", second)
    assert after["LastModifiedTime"] > before["LastModifiedTime"]
    assert after["CreationTime"] == before["CreationTime"]
    aws.sagemaker.delete_endpoint(EndpointName="live")


def test_a_failed_update_rolls_back_to_the_old_configuration(aws, artifact):
    good = create_config(aws, create_model(aws, artifact))
    bad = create_config(aws, create_model(aws, artifact, Image="123456789012.dkr.x/y:1"))
    aws.sagemaker.create_endpoint(EndpointName="safe", EndpointConfigName=good)
    settle(aws, "safe")
    aws.sagemaker.update_endpoint(EndpointName="safe", EndpointConfigName=bad)
    endpoint = settle(aws, "safe")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", good)
    assert "runs only SageMaker's built-in XGBoost" in endpoint["FailureReason"]
    assert float(invoke(aws, "safe")) > 0.5
    aws.sagemaker.delete_endpoint(EndpointName="safe")
