"""An endpoint scales by itself, and goes on doing so through the updates of later runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_world import EndpointWorld, deploy_task, endpoint_world, failure, run
from training_world import context

from generator.operators.autoscaling import AutoscalingOperator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world() -> Iterator[EndpointWorld]:
    with endpoint_world() as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults_afterwards(world: EndpointWorld) -> Iterator[None]:
    yield
    world.emulated.faults = []


def autoscale(endpoint: str, maximum: int = 4) -> Any:
    task = AutoscalingOperator(
        task_id="autoscale",
        endpoint_name=endpoint,
        variant_name="AllTraffic",
        minimum=1,
        maximum=maximum,
        invocations_per_instance=1000,
        scale_in_cooldown=300,
        scale_out_cooldown=60,
    )
    return task.execute(context(task))


def targets(world: EndpointWorld, endpoint: str) -> list[dict[str, Any]]:
    resources = [f"endpoint/{endpoint}/variant/AllTraffic"]
    answer = world.scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=resources
    )
    return list(answer["ScalableTargets"])


def scale_to(world: EndpointWorld, endpoint: str, instances: int) -> None:
    """What Application Auto Scaling does when requests grow."""
    world.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "AllTraffic", "DesiredInstanceCount": instances}
        ],
    )
    world.settle(endpoint)


def instances(world: EndpointWorld, endpoint: str) -> int:
    (variant,) = world.describe(endpoint)["ProductionVariants"]
    return int(variant["DesiredInstanceCount"])


def test_a_target_and_its_policy_are_made_and_then_brought_up_to_date(
    world: EndpointWorld,
) -> None:
    name = world.serve(world.config())
    assert autoscale(name) == f"endpoint/{name}/variant/AllTraffic"
    autoscale(name, maximum=2)
    (target,) = targets(world, name)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    (policy,) = world.scaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=target["ResourceId"]
    )["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 1000.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
    }


def test_an_update_keeps_the_scaled_number_but_takes_the_new_data_capture(
    world: EndpointWorld,
) -> None:
    name = world.serve(world.config())
    autoscale(name)
    scale_to(world, name, 3)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://bucket/captured/",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    run(deploy_task(name, world.config(capture=capture), scaled=True))
    assert instances(world, name) == 3
    assert targets(world, name)
    assert world.describe(name)["DataCaptureConfig"]["CurrentSamplingPercentage"] == 10


def test_another_instance_type_takes_the_target_away_first(world: EndpointWorld) -> None:
    name = world.serve(world.config())
    autoscale(name)
    run(deploy_task(name, world.config(InstanceType="ml.m5.xlarge"), scaled=True))
    assert not targets(world, name)
    autoscale(name)
    assert targets(world, name)


def test_a_rollback_says_that_the_endpoint_does_not_scale_now(world: EndpointWorld) -> None:
    name = world.serve(world.config())
    autoscale(name)
    world.emulated.faults = ["endpoint-rolls-back"]
    larger = world.config(InstanceType="ml.m5.xlarge")
    said = failure(deploy_task(name, larger, scaled=True, deferrable=True))
    assert "without autoscaling, until a run succeeds" in said


def test_a_pipeline_without_autoscaling_removes_its_target(world: EndpointWorld) -> None:
    name = world.serve(world.config())
    autoscale(name)
    scale_to(world, name, 3)
    run(deploy_task(name, world.config()))
    assert not targets(world, name)
    assert instances(world, name) == 1
