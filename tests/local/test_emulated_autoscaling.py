"""Emulated endpoints that scale: targets, retained properties, serverless variants."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from example_endpoints import create_config, create_model, invoke, settle
from example_jobs import make_client

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture
def autoscaling(aws):
    """A client of Application Auto Scaling."""
    client = make_client(aws.emulated.url, "application-autoscaling")
    yield client
    client.close()


def counts_of(aws, name):
    [variant] = aws.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
    return variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]


@pytest.mark.slow
def test_an_update_keeps_what_was_scaled_and_must_not_change_the_instances(
    aws, artifact, autoscaling
):
    model = create_model(aws, artifact)
    first, second, third = (create_config(aws, model) for _ in range(3))
    bigger = create_config(aws, model, InstanceType="ml.m5.xlarge")
    aws.sagemaker.create_endpoint(EndpointName="scales", EndpointConfigName=first)
    settle(aws, "scales")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/scales/variant/Variant1",
        "ScalableDimension": DIMENSION,
    }
    autoscaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
    aws.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="scales",
        DesiredWeightsAndCapacities=[{"VariantName": "Variant1", "DesiredInstanceCount": 3}],
    )
    assert counts_of(aws, "scales") == (3, 3)
    with pytest.raises(ClientError, match="must be deregistered as scalable target"):
        aws.sagemaker.update_endpoint(EndpointName="scales", EndpointConfigName=bigger)
    aws.sagemaker.update_endpoint(
        EndpointName="scales", EndpointConfigName=second, RetainAllVariantProperties=True
    )
    settle(aws, "scales")
    assert counts_of(aws, "scales") == (3, 3)
    aws.sagemaker.update_endpoint(EndpointName="scales", EndpointConfigName=third)
    settle(aws, "scales")
    assert counts_of(aws, "scales") == (1, 1)
    autoscaling.deregister_scalable_target(**target)
    aws.sagemaker.update_endpoint(EndpointName="scales", EndpointConfigName=bigger)
    assert settle(aws, "scales")["EndpointConfigName"] == bigger
    aws.sagemaker.delete_endpoint(EndpointName="scales")


def test_a_target_takes_more_permissions_than_its_own(aws, autoscaling):
    autoscaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/permitted/variant/AllTraffic",
        ScalableDimension=DIMENSION,
        MinCapacity=1,
        MaxCapacity=2,
    )
    operation = "application-autoscaling:RegisterScalableTarget"
    found = {call.action: call.resource for call in aws.emulated.calls if operation in call}
    assert operation in found
    assert found["sagemaker:DescribeEndpoint"].endswith(":endpoint/permitted")
    assert "iam:CreateServiceLinkedRole" in found


def test_a_serverless_endpoint_answers(aws, artifact):
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    aws.sagemaker.create_endpoint_config(
        EndpointConfigName="serverless",
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": create_model(aws, artifact),
                "ServerlessConfig": serverless,
            }
        ],
    )
    aws.sagemaker.create_endpoint(EndpointName="serverless", EndpointConfigName="serverless")
    [variant] = settle(aws, "serverless")["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == serverless
    assert float(invoke(aws, "serverless")) > 0.5
    aws.sagemaker.delete_endpoint(EndpointName="serverless")
