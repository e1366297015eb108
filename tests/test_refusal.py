"""What AWS has against a value, in words that need no knowledge of AWS's API."""

from __future__ import annotations

from typing import Any

import pytest

from generator.aws_requests.refusal import hint, message
from generator.aws_requests.service_model import extract


def said(operation: str, request: dict[str, Any], *member: str, written: Any = None) -> str:
    """The sentence about one member of a request."""
    service = "glue" if operation in extract("glue").operations else "sagemaker"
    violations = extract(service).violations(operation, request)
    (violation,) = [each for each in violations if each.path[: len(member)] == member]
    advice = hint(violation, written)
    return message(violation, operation, at_run_time=False) + (f" ({advice})" if advice else "")


JOB = {"Name": "prepare", "Role": "glue", "Command": {}}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"Name": "a" * 256},
            "AWS takes at most 255 characters as Name of CreateJob, this has 256",
        ),
        ({"Name": ""}, "AWS takes at least 1 character as Name of CreateJob, this has 0"),
        ({"Timeout": 0}, "AWS takes at least 1 as Timeout of CreateJob, this is 0"),
        (
            {"Timeout": "1h"},
            "AWS does not take '1h' as Timeout of CreateJob (it takes a whole number)",
        ),
        ({"Role": None}, "AWS needs Role of CreateJob, and nothing gives it"),
        ({"Colour": 1}, "AWS knows no Colour of CreateJob"),
        (
            {"GlueVersion": "five"},
            "AWS does not take 'five' as GlueVersion of CreateJob "
            r"(it takes text that matches ^(\w+\.)+\w+$)",
        ),
        (
            {"ExecutionClass": "STANDART"},
            "AWS does not take 'STANDART' as ExecutionClass of CreateJob "
            "(did you mean 'STANDARD'?)",
        ),
        (
            {"ExecutionClass": "cheap"},
            "AWS does not take 'cheap' as ExecutionClass of CreateJob (it takes FLEX, STANDARD)",
        ),
        (
            {"Tags": {f"tag{number}": "" for number in range(51)}},
            "AWS takes at most 50 values as Tags of CreateJob, this has 51",
        ),
        (
            {"Tags": {"t" * 129: ""}},
            "AWS takes at most 128 characters as a name in Tags of CreateJob, this has 129",
        ),
    ],
)
def test_a_sentence_says_what_aws_takes_and_what_this_is(
    changed: dict[str, Any], sentence: str
) -> None:
    assert said("CreateJob", JOB | changed, *changed) == sentence


@pytest.mark.parametrize(
    ("operation", "instance", "advice"),
    [
        ("training", "ml.m5.larg", "did you mean 'ml.m5.large' or 'ml.m5.xlarge'?"),
        ("training", "ml.m5.2xlarg", "did you mean 'ml.m5.2xlarge'"),
        ("endpoints", "ml.m99.large", "it may be new:"),
        ("endpoints", "ml.mm5.12xlarge", "did you mean 'ml.m5.12xlarge'"),
    ],
)
def test_an_instance_type_is_compared_with_those_of_its_family_or_size(
    operation: str, instance: str, advice: str
) -> None:
    if operation == "training":
        sentence = said(
            "CreateTrainingJob",
            {"ResourceConfig": {"VolumeSizeInGB": 1, "InstanceType": instance}},
            "ResourceConfig",
        )
    else:
        variant = {"VariantName": "all", "InstanceType": instance}
        sentence = said(
            "CreateEndpointConfig", {"ProductionVariants": [variant]}, "ProductionVariants"
        )
    assert sentence.startswith(
        f"AWS's list of instance types for {operation} does not have '{instance}' ({advice}"
    )
    assert "botocore 1." in sentence


def test_a_long_value_is_cut() -> None:
    sentence = said("CreateJob", JOB | {"GlueVersion": "x" * 200}, "GlueVersion")
    assert f"'{'x' * 59}…'" in sentence


def test_the_hint_tells_why_a_short_text_is_too_long_in_a_run() -> None:
    request = {"OutputDataConfig": {"S3OutputPath": "s3://b/" + "x" * 2000}}
    written = said("CreateTrainingJob", request, "OutputDataConfig", written="s3://b/{{ run_id }}/")
    assert written.endswith("(a run_id can have 250 characters)")
    written = said("CreateTrainingJob", request, "OutputDataConfig", written="s3://b/")
    assert written.endswith("(it becomes longer than it is written here)")
