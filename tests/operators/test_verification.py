"""The proof that an endpoint serves what a run has made looks down to the model's artifact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_world import EndpointWorld, endpoint_world
from training_world import context

from generator.operators.verification import VerificationOperator


@pytest.fixture(scope="module")
def world() -> Iterator[EndpointWorld]:
    with endpoint_world() as made:
        yield made


def verify(**expected: str) -> Any:
    task = VerificationOperator(task_id="verify", **expected)
    return task.execute(context(task))


def test_what_is_live_is_proved_or_the_difference_is_told(world: EndpointWorld) -> None:
    model = world.model()
    config = world.config(model)
    name = world.serve(config)
    expected = {
        "endpoint_name": name,
        "endpoint_config_name": config,
        "model_name": model,
        "model_data_url": world.artifact,
    }
    assert verify(**expected) == {
        "endpoint": name,
        "endpoint_config": config,
        "model": model,
        "model_data_url": world.artifact,
        "verified": True,
    }
    for key, what, found in (
        ("endpoint_config_name", "endpoint configuration", config),
        ("model_name", "model", model),
        ("model_data_url", "artifact", world.artifact),
    ):
        words = f"{name} does not serve what this run has made: its {what} is {found}, not other"
        with pytest.raises(Exception, match=words):
            verify(**{**expected, key: "other"})
    world.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=world.config(model))
    with pytest.raises(Exception, match="it is Updating, on its way to churn-"):
        verify(**expected)
    with pytest.raises(Exception, match="There is no endpoint nowhere"):
        verify(**{**expected, "endpoint_name": "nowhere"})
