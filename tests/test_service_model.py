"""Requests against botocore's service models."""

from __future__ import annotations

from typing import Any

import pytest

from generator import service_model
from generator.service_model import find_violations, python_pattern, summarize


def violations(operation: str, **request: Any) -> list[str]:
    service = "glue" if "Job" in operation and "Training" not in operation else "sagemaker"
    return [violation.sentence for violation in find_violations(service, operation, request)]


def test_a_right_request_has_no_violations():
    assert violations("DescribeTrainingJob", TrainingJobName="churn-1") == []


def test_a_pattern_is_enforced_in_aws_words():
    assert violations("DescribeTrainingJob", TrainingJobName="bad_name") == [
        "Value 'bad_name' at 'trainingJobName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    ]


def test_the_path_and_the_value_are_given_for_a_caller_with_words_of_its_own():
    request = {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "a_b"}]}
    found = find_violations("sagemaker", "CreateEndpointConfig", request)
    assert [(violation.path, violation.value) for violation in found] == [
        (("ProductionVariants", 0, "VariantName"), "a_b")
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"InstanceType": "ml.zz.large"}, "Member must satisfy enum value set: [ml.m4.xlarge"),
        ({"InstanceCount": True}, "Member must be of type integer"),
        ({"InstanceCount": "1"}, "Member must be of type integer"),
        ({"KeepAlivePeriodInSeconds": 21601}, "Member must have value less than or equal to 21600"),
        ({"Colour": "blue"}, "Member is unknown"),
    ],
)
def test_enums_types_ranges_and_unknown_names_are_found_inside(changed, expected):
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5, **changed}
    request = {
        "TrainingJobName": "churn",
        "RoleArn": "arn:aws:iam::123456789012:role/sagemaker",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out/"},
        "ResourceConfig": resources,
    }
    [sentence] = violations("CreateTrainingJob", **request)
    assert f"'resourceConfig.{next(iter(changed))}'".lower() in sentence.lower()
    assert expected in sentence


def test_a_missing_member_and_a_null_one_are_the_same():
    missing = violations("CreateJob", Name="prepare", Command={})
    assert missing == ["Value null at 'role' failed to satisfy constraint: Member must not be null"]
    assert violations("CreateJob", Name="prepare", Command={}, Role=None) == missing


def test_list_and_map_sizes_and_map_keys_are_checked():
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    [many] = violations(
        "AddTags", ResourceArn="arn:aws:sagemaker:eu-west-1:123456789012:model/x", Tags=tags
    )
    assert "at 'tags' failed" in many
    assert "length less than or equal to 50" in many
    [key] = violations("CreateModel", ModelName="m", PrimaryContainer={"Environment": {"1a": "x"}})
    assert "'primaryContainer.environment.1a'" in key


def test_several_violations_are_counted():
    found = find_violations("sagemaker", "DescribeModel", {"ModelName": "a_b", "X": 1})
    assert summarize(found).startswith("2 validation errors detected: Value 'a_b' at 'modelName'")


def test_text_beyond_ascii_passes_where_the_java_pattern_allows_it():
    tags = [{"Key": "Équipe", "Value": "prévision 2"}]
    assert (
        violations(
            "AddTags", ResourceArn="arn:aws:sagemaker:eu-west-1:123456789012:model/x", Tags=tags
        )
        == []
    )
    assert violations("GetJob", JobName="préparation 🚀") == []
    assert violations("GetJob", JobName="line\nbreak") != []


def test_an_unknown_operation_is_a_key_error():
    with pytest.raises(KeyError, match="CreateUnicorn"):
        find_violations("sagemaker", "CreateUnicorn", {})


@pytest.mark.parametrize("service", ["glue", "sagemaker", "sagemaker-runtime", "logs", "mwaa"])
def test_every_pattern_of_the_models_can_be_checked(service):
    model = service_model.service_model(service)
    patterns = {
        shape.metadata["pattern"]
        for shape in map(model.shape_for, model.shape_names)
        if "pattern" in shape.metadata
    }
    # Two of SageMaker's are no regular expressions in Java either: ")*)${1,128}".
    broken = {pattern for pattern in patterns if python_pattern(pattern) is None}
    assert all("${1," in pattern for pattern in broken)
