"""Requests against botocore's service models."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
from examples import ROOT

from generator.aws_requests import service_model
from generator.aws_requests.service_model import find_violations, summarize
from generator.aws_requests.shapes import python_pattern


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
    patterns = {shape["pattern"] for shape in model.shapes.values() if "pattern" in shape}
    # Two of SageMaker's are no regular expressions in Java either: ")*)${1,128}".
    broken = {pattern for pattern in patterns if python_pattern(pattern) is None}
    assert all("${1," in pattern for pattern in broken)


def test_a_json_document_may_hold_anything():
    request = {"Name": "airflow", "Path": "/dags", "Method": "POST", "Body": {"conf": {"a": [1]}}}
    assert find_violations("mwaa", "InvokeRestApi", request) == []


def test_a_violation_names_the_constraint_its_limit_and_the_shape():
    [long] = find_violations("sagemaker", "DescribeModel", {"ModelName": "m" * 64})
    assert (long.constraint, long.limit, long.shape) == ("max", 63, "ModelName")


def test_the_extract_is_what_the_installed_botocore_says_of_the_requests_that_are_sent():
    """After another botocore or operator: ``make models``."""
    script = runpy.run_path(str(ROOT / "scripts" / "service_models.py"))
    assert service_model.EXTRACT.read_text("utf-8") == script["text"]()


@pytest.mark.parametrize("service", ["glue", "sagemaker"])
def test_the_extract_refuses_what_the_whole_model_refuses(service):
    extract, whole = service_model.extract(service), service_model.service_model(service)
    for operation in extract.operations:
        members = whole.shapes[whole.operations[operation]["input"]["shape"]]["members"]
        for wrong in ({}, {"Unknown": 1}, dict.fromkeys(members, "ö" * 3000)):
            found = [each for each in whole.violations(operation, wrong) if is_kept(each, extract)]
            assert extract.violations(operation, wrong) == found
            assert found


def is_kept(violation, extract):
    return violation.constraint in ("known", "required") or violation.shape in extract.shapes


def test_a_shape_that_the_extract_leaves_out_is_accepted_unchecked():
    left_out = {"ExplainerConfig": {"Nonsense": 1}}
    extract = service_model.extract("sagemaker").violations("CreateEndpointConfig", left_out)
    whole = service_model.service_model("sagemaker").violations("CreateEndpointConfig", left_out)
    assert "Nonsense" in str(whole)
    assert "Nonsense" not in str(extract)


def test_the_extract_stays_small():
    assert service_model.EXTRACT.stat().st_size < 150_000
