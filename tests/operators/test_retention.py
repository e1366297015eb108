"""Old models and endpoint configurations of a pipeline are deleted, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_world import TAGS, EndpointWorld, endpoint_world
from training_world import context

from generator.operators.retention import RetentionOperator

_VARIANT = {
    "VariantName": "AllTraffic",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}

pytestmark = pytest.mark.slow


@pytest.fixture
def world() -> Iterator[EndpointWorld]:
    with endpoint_world() as made:
        yield made


def make(world: EndpointWorld, name: str, tags: Any = TAGS, config: bool = True) -> str:
    """Make a model and a configuration of one name, faster than a task does."""
    from example_jobs import IMAGE, ROLE

    world.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": world.artifact},
        Tags=tags,
    )
    if config:
        world.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{**_VARIANT, "ModelName": name}],
            Tags=tags,
        )
    return name


def run_name(number: int, prefix: str = "churn") -> str:
    return f"{prefix}-20261122-{number:08x}-1-abcdef"


def clean_up(keep_last: int) -> dict[str, list[str]]:
    task = RetentionOperator(
        task_id="clean_up",
        endpoint_name="churn",
        name_prefix="churn",
        pipeline="churn",
        keep_last=keep_last,
    )
    done: dict[str, list[str]] = task.execute(context(task))
    return done


def left(world: EndpointWorld) -> tuple[set[str], set[str]]:
    """The names of the configurations and of the models that there are."""
    sagemaker = world.sagemaker
    configs = sagemaker.get_paginator("list_endpoint_configs").paginate()
    models = sagemaker.get_paginator("list_models").paginate()
    return (
        {each["EndpointConfigName"] for page in configs for each in page["EndpointConfigs"]},
        {each["ModelName"] for page in models for each in page["Models"]},
    )


def test_the_newest_and_what_is_used_stay_and_only_ones_own_is_deleted(
    world: EndpointWorld,
) -> None:
    other = [{"Key": "pipeline", "Value": "churn-2"}]
    foreign = {
        make(world, run_name(90), other),
        make(world, "churn-by-hand"),
        make(world, run_name(91, "churn-2"), other),
        make(world, run_name(92), []),
    }
    served = make(world, run_name(1))
    world.serve(served)
    candidate = make(world, run_name(2), config=False)
    old = [make(world, run_name(number)) for number in range(3, 15)]
    pending, newest = old.pop(), {make(world, run_name(number)) for number in (20, 21)}
    name = world.serve(next(iter(newest)))
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=pending)
    done = clean_up(keep_last=2)
    kept = {served, pending, *newest}
    assert done["kept"] == sorted(kept)
    assert set(done["deleted"]) == {candidate, *old}
    assert left(world) == (foreign | kept, foreign | kept)
    assert clean_up(keep_last=2)["deleted"] == []
    assert world.settle(name)["EndpointConfigName"] == pending


def test_a_model_that_another_configuration_uses_stays(world: EndpointWorld) -> None:
    used, *_ = [make(world, run_name(number), config=False) for number in range(1, 5)]
    world.sagemaker.create_endpoint_config(
        EndpointConfigName="by-hand", ProductionVariants=[{**_VARIANT, "ModelName": used}]
    )
    world.serve("by-hand")
    assert clean_up(keep_last=1)["deleted"] == [run_name(3), run_name(2)]
    assert used in left(world)[1]


def test_what_cannot_be_deleted_is_left_to_the_next_run(
    world: EndpointWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, 4):
        make(world, run_name(number))
    # More refusals than botocore tries again by itself: one configuration stays.
    world.emulated.faults = ["server-error:sagemaker.DeleteEndpointConfig=5"]
    done = clean_up(keep_last=1)
    assert f"{run_name(2)} stays: " in capsys.readouterr().out
    assert run_name(2) in done["kept"]
    assert run_name(2) in left(world)[1]
    world.emulated.faults = []
    clean_up(keep_last=1)
    assert left(world) == ({run_name(3)}, {run_name(3)})
