"""What the emulated SageMaker answers where a model, configuration or endpoint is or is not."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from example_endpoints import create_config, create_model
from example_jobs import IMAGE, ROLE


def test_what_exists_cannot_be_created_again(aws, artifact, endpoint):
    model = create_model(aws, artifact)
    config = create_config(aws, model)
    variant = {"VariantName": "v", "ModelName": model, "InstanceType": "ml.m5.large"}
    with pytest.raises(ClientError, match='Cannot create already existing model "arn:aws:'):
        aws.sagemaker.create_model(
            ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}
        )
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        aws.sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
    for name in (endpoint, endpoint.lower()):
        with pytest.raises(ClientError) as error:
            aws.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        # The provider's operator looks for a message that starts like this.
        assert error.value.response["Error"]["Message"].startswith(
            "Cannot create already existing endpoint"
        )
        assert error.value.response["Error"]["Code"] == "ValidationException"


def test_what_does_not_exist_cannot_be_found(aws):
    for call in (
        lambda sagemaker: sagemaker.describe_model(ModelName="no"),
        lambda sagemaker: sagemaker.delete_model(ModelName="no"),
        lambda sagemaker: sagemaker.describe_endpoint_config(EndpointConfigName="no"),
        lambda sagemaker: sagemaker.delete_endpoint_config(EndpointConfigName="no"),
        lambda sagemaker: sagemaker.describe_endpoint(EndpointName="no"),
        lambda sagemaker: sagemaker.delete_endpoint(EndpointName="no"),
        lambda sagemaker: sagemaker.update_endpoint(EndpointName="no", EndpointConfigName="no"),
        lambda sagemaker: sagemaker.create_endpoint(EndpointName="no", EndpointConfigName="no"),
    ):
        with pytest.raises(ClientError, match=r'Could not find .* "arn:aws:sagemaker:') as error:
            call(aws.sagemaker)
        assert error.value.response["Error"]["Code"] == "ValidationException"


def test_the_model_of_a_configuration_must_exist(aws):
    with pytest.raises(ClientError, match=r'Could not find model "arn:aws:.*:model/nothing"'):
        create_config(aws, "nothing")


def test_a_variant_needs_instances_or_serverless(aws, artifact):
    variant = {"VariantName": "v", "ModelName": create_model(aws, artifact)}
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    create = aws.sagemaker.create_endpoint_config
    with pytest.raises(ClientError, match="InstanceType and InitialInstanceCount are required"):
        create(EndpointConfigName="x", ProductionVariants=[variant])
    both = {**variant, "InstanceType": "ml.m5.large", "ServerlessConfig": serverless}
    with pytest.raises(ClientError, match="ServerlessConfig cannot be combined"):
        create(EndpointConfigName="x", ProductionVariants=[both])


def test_models_and_configurations_are_listed_and_deleted(aws, artifact):
    model = create_model(aws, artifact)
    config = create_config(aws, model)
    listed = aws.sagemaker.list_models(NameContains=model)["Models"]
    assert [item["ModelName"] for item in listed] == [model]
    listed = aws.sagemaker.list_endpoint_configs(NameContains=config)["EndpointConfigs"]
    assert [item["EndpointConfigName"] for item in listed] == [config]
    aws.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    aws.sagemaker.delete_model(ModelName=model)
    assert aws.sagemaker.list_models(NameContains=model)["Models"] == []
