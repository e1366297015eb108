"""An endpoint serves what a run wants, or its task fails with the reason; sync and deferred."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from endpoint_world import (
    ALL_AT_ONCE,
    TAGS,
    EndpointWorld,
    deploy_task,
    endpoint_world,
    failure,
    new_endpoint,
    run,
)

pytestmark = pytest.mark.parametrize("deferrable", [False, True], ids=["sync", "deferred"])


@pytest.fixture(scope="module")
def world() -> Iterator[EndpointWorld]:
    with endpoint_world() as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults_afterwards(world: EndpointWorld) -> Iterator[None]:
    yield
    world.emulated.faults = []


@pytest.mark.slow
def test_the_first_run_creates_and_the_next_updates_and_a_second_try_does_nothing(
    world: EndpointWorld, deferrable: bool
) -> None:
    name, first, second = new_endpoint(), world.config(), world.config()
    created = run(deploy_task(name, first, deferrable=deferrable))
    assert created["Endpoint"]["EndpointStatus"] == "InService"
    assert created["Endpoint"]["EndpointConfigName"] == first
    assert created["EndpointConfig"]["EndpointConfigName"] == first
    arn = created["Endpoint"]["EndpointArn"]
    assert world.sagemaker.list_tags(ResourceArn=arn)["Tags"] == TAGS
    updated = run(deploy_task(name, second, deferrable=deferrable))
    assert updated["Endpoint"]["EndpointConfigName"] == second
    modified = world.describe(name)["LastModifiedTime"]
    assert run(deploy_task(name, second, deferrable=deferrable))
    assert world.describe(name)["LastModifiedTime"] == modified


@pytest.mark.slow
def test_an_update_that_is_rolled_back_fails_with_the_reason_and_can_be_tried_again(
    world: EndpointWorld, deferrable: bool
) -> None:
    old, new = world.config(), world.config()
    name = world.serve(old)
    world.emulated.faults = ["endpoint-rolls-back"]
    said = failure(deploy_task(name, new, deferrable=deferrable))
    assert said.startswith(
        f"AirflowException: the update of {name} to {new} was rolled back; it still serves {old}: "
        "The primary container for production variant AllTraffic did not pass the ping"
    )
    assert run(deploy_task(name, new, deferrable=deferrable))
    assert world.describe(name)["EndpointConfigName"] == new


def test_a_ringing_alarm_is_told(world: EndpointWorld, deferrable: bool) -> None:
    import boto3

    name, new = world.serve(world.config()), world.config()
    deployment = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": ALL_AT_ONCE},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": f"errors-of-{name}"}]},
    }
    cloudwatch = boto3.client("cloudwatch")
    alarm = f"errors-of-{name}"
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Invocation5XXErrors",
        Namespace="AWS/SageMaker",
        Period=60,
        Statistic="Sum",
        Threshold=0,
    )
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    cloudwatch.close()
    said = failure(deploy_task(name, new, deferrable=deferrable, deployment=deployment))
    assert "was rolled back" in said
    assert alarm in said


@pytest.mark.slow
def test_a_failed_endpoint_is_made_anew(world: EndpointWorld, deferrable: bool) -> None:
    name = new_endpoint()
    world.emulated.faults = ["capacity:sagemaker.CreateEndpoint"]
    said = failure(deploy_task(name, world.config(), deferrable=deferrable))
    assert f"{name} is Failed: Unable to provision requested ML compute capacity" in said
    arn, created = (world.describe(name)[key] for key in ("EndpointArn", "CreationTime"))
    later = world.config()
    made = run(deploy_task(name, later, deferrable=deferrable))["Endpoint"]
    assert (made["EndpointArn"], made["EndpointConfigName"]) == (arn, later)
    assert world.describe(name)["CreationTime"] > created


def test_a_broken_model_fails_with_the_containers_reason(
    world: EndpointWorld, deferrable: bool
) -> None:
    name = new_endpoint()
    said = failure(deploy_task(name, world.broken_config(), deferrable=deferrable))
    assert said.startswith(f"AirflowException: {name} is Failed: Failed to extract model data")


def test_a_failed_rollback_is_left_alone_and_says_what_to_do(
    world: EndpointWorld, deferrable: bool
) -> None:
    old, new = world.config(), world.config()
    name = world.serve(old)
    world.emulated.faults = ["endpoint-rollback-fails"]
    for _ in range(2):
        said = failure(deploy_task(name, new, deferrable=deferrable))
        assert said.startswith(f"AirflowFailException: {name} is UpdateRollbackFailed")
        assert "nothing was changed or deleted. Bring it back" in said
        assert world.describe(name)["EndpointStatus"] == "UpdateRollbackFailed"


def test_an_update_that_an_earlier_try_began_is_waited_for(
    world: EndpointWorld, deferrable: bool
) -> None:
    name, new = world.serve(world.config()), world.config()
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new)
    began = world.describe(name)
    assert began["EndpointStatus"] == "Updating"
    assert run(deploy_task(name, new, deferrable=deferrable))
    assert world.describe(name)["EndpointConfigName"] == new


@pytest.mark.slow
def test_an_endpoint_that_is_busy_with_something_else_is_updated_afterwards(
    world: EndpointWorld, deferrable: bool
) -> None:
    name, new = world.serve(world.config()), world.config()
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=world.config())
    assert run(deploy_task(name, new, deferrable=deferrable))
    assert world.describe(name)["EndpointConfigName"] == new


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["not-found-once", "duplicate-delivery"])
def test_what_passes_does_not_fail_a_deployment(
    world: EndpointWorld, deferrable: bool, fault: str
) -> None:
    name, first, second = new_endpoint(), world.config(), world.config()
    world.emulated.faults = [fault]
    assert run(deploy_task(name, first, deferrable=deferrable))
    assert run(deploy_task(name, second, deferrable=deferrable))
    assert world.describe(name)["EndpointConfigName"] == second


def test_a_timeout_says_that_the_endpoint_goes_on(world: EndpointWorld, deferrable: bool) -> None:
    name = new_endpoint()
    task = deploy_task(name, world.config(), deferrable=deferrable, timeout=0)
    assert f"{name} has not ended within 0 s and goes on" in failure(task)
    task.on_kill()
    assert world.settle(name)["EndpointStatus"] == "InService"
