"""The emulated AWS for the tests of this folder, one for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from example_jobs import Aws, example_rows

from generator.local.aws.server import EmulatedAws


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    """A running emulated AWS with training data in s3://bucket/data/."""
    with EmulatedAws() as emulated:
        aws = Aws(emulated)
        aws.put_rows("data/train/part-0.csv", example_rows(1000, seed=1))
        aws.put_rows("data/train/part-1.csv", example_rows(1000, seed=2))
        aws.put_rows("data/validation/part-0.csv", example_rows(500, seed=3))
        yield aws
        for client in aws.clients.values():
            client.close()


@pytest.fixture(scope="session")
def trained(aws: Aws) -> dict[str, Any]:
    """The description of a training job that completed."""
    return aws.finish_training(aws.train(Tags=[{"Key": "team", "Value": "growth"}]))


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a script that stands in for a process of ours."""

    def write(source: str) -> Path:
        script = tmp_path / "stand_in.py"
        script.write_text(source)
        return script

    return write
