"""A model and an endpoint configuration are made once, however often their tasks are tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_world import TAGS, EndpointWorld, endpoint_world, run_name
from training_world import context

from generator.operators import consistency


@pytest.fixture(scope="module")
def world() -> Iterator[EndpointWorld]:
    with endpoint_world() as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults_afterwards(world: EndpointWorld) -> Iterator[None]:
    yield
    world.emulated.faults = []


def names(world: EndpointWorld, part: str) -> tuple[list[str], list[str]]:
    models = world.sagemaker.list_models(NameContains=part)["Models"]
    configs = world.sagemaker.list_endpoint_configs(NameContains=part)["EndpointConfigs"]
    return [m["ModelName"] for m in models], [c["EndpointConfigName"] for c in configs]


def execute(task: Any) -> Any:
    return task.execute(context(task))


def test_a_second_try_finds_what_the_first_has_made(world: EndpointWorld) -> None:
    name = run_name()
    first = execute(world.model_task(name))["Model"]
    assert execute(world.model_task(name))["Model"]["ModelName"] == first["ModelName"]
    assert first["PrimaryContainer"]["ModelDataUrl"] == world.artifact
    model = first["ModelName"]
    config = execute(world.config_task(name, model))["EndpointConfig"]
    again = execute(world.config_task(name, model))["EndpointConfig"]
    assert again["EndpointConfigName"] == config["EndpointConfigName"]
    assert names(world, name) == ([model], [config["EndpointConfigName"]])
    assert model.startswith(f"{name}-")
    assert max(map(len, (model, config["EndpointConfigName"]))) <= 63
    assert world.sagemaker.list_tags(ResourceArn=first["ModelArn"])["Tags"] == TAGS


def test_another_content_gets_another_name(world: EndpointWorld) -> None:
    name = run_name()
    model = execute(world.model_task(name))["Model"]["ModelName"]
    other = execute(world.model_task(name, "s3://bucket/other.tar.gz"))["Model"]["ModelName"]
    small = execute(world.config_task(name, model))["EndpointConfig"]
    large = execute(world.config_task(name, model, InitialInstanceCount=2))["EndpointConfig"]
    found_models, found_configs = names(world, name)
    assert sorted(found_models) == sorted([model, other])
    assert len(found_configs) == 2
    assert small["ProductionVariants"][0]["InitialInstanceCount"] == 1
    assert large["ProductionVariants"][0]["InitialInstanceCount"] == 2


def test_a_serverless_configuration_passes_through(world: EndpointWorld) -> None:
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    task = world.config_task(run_name(), world.model(), ServerlessConfig=serverless)
    (variant,) = execute(task)["EndpointConfig"]["ProductionVariants"]
    assert variant["ServerlessConfig"] == serverless
    assert "InstanceType" not in variant


@pytest.mark.parametrize("fault", ["not-found-once", "duplicate-delivery", "throttling"])
def test_what_passes_is_waited_for(
    world: EndpointWorld, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consistency, "_PAUSE", 0.1)
    world.emulated.faults = [fault]
    name = run_name()
    model = execute(world.model_task(name))["Model"]["ModelName"]
    config = execute(world.config_task(name, model))["EndpointConfig"]["EndpointConfigName"]
    assert names(world, name) == ([model], [config])


def test_a_model_that_stays_unknown_is_an_error_in_sagemakers_words(
    world: EndpointWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consistency, "LONGEST", 0.0)
    with pytest.raises(ClientError, match="Could not find model"):
        execute(world.config_task(run_name(), "no-model"))
