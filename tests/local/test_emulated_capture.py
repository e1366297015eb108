"""Data capture of emulated endpoints."""

from __future__ import annotations

import json
import re

import pytest
from example_endpoints import ROW, create_config, create_model, invoke, settle
from example_jobs import BUCKET, wait_for

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 50,
    "DestinationS3Uri": f"s3://{BUCKET}/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}


@pytest.fixture
def capturing(aws, artifact):
    """The name of an endpoint that captures half of its requests."""
    config = create_config(aws, create_model(aws, artifact), capture=CAPTURE)
    aws.sagemaker.create_endpoint(EndpointName="captures", EndpointConfigName=config)
    settle(aws, "captures")
    yield "captures"
    aws.sagemaker.delete_endpoint(EndpointName="captures")


def captured(aws, count):
    found = wait_for(
        lambda: aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="captured/").get("Contents", []),
        lambda objects: len(objects) >= count,
    )
    return [item["Key"] for item in found]


def test_half_of_the_requests_are_kept_in_aws_s_layout(aws, capturing):
    summary = aws.sagemaker.describe_endpoint(EndpointName=capturing)["DataCaptureConfig"]
    assert (summary["CaptureStatus"], summary["CurrentSamplingPercentage"]) == ("Started", 50)
    answers = [invoke(aws, capturing) for _ in range(4)]
    invoke(aws, capturing, "0:1 1:2 2:3 3:4 4:5", ContentType="text/libsvm")
    invoke(aws, capturing, "0:1 1:2 2:3 3:4 4:5", ContentType="text/libsvm")
    keys = captured(aws, 3)
    assert len(keys) == 3
    pattern = (
        r"captured/captures/Variant1/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl"
    )
    assert all(re.fullmatch(pattern, key) for key in keys)
    records = [json.loads(aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys]
    asked = {record["captureData"]["endpointInput"]["data"]: record for record in records}
    # Only the content types that the configuration names are kept as text.
    assert {record["captureData"]["endpointInput"]["encoding"] for record in records} == {
        *("CSV", "BASE64")
    }
    record = asked[ROW]
    assert record["eventVersion"] == "0"
    assert record["eventMetadata"].keys() == {"eventId", "inferenceTime"}
    assert record["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": ROW,
        "encoding": "CSV",
    }
    output = record["captureData"]["endpointOutput"]
    assert (output["mode"], output["data"], output["encoding"]) == ("OUTPUT", answers[0], "CSV")
