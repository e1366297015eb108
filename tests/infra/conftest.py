"""An emulated AWS of their own for the tests of infra/."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stacks import Stacks

from generator.local.aws.server import EmulatedAws


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as aws:
        yield aws


@pytest.fixture(scope="module")
def stacks(aws: EmulatedAws) -> Iterator[Stacks]:
    """CloudFormation of `aws`."""
    with pytest.MonkeyPatch.context() as patch:
        stacks = Stacks(aws, patch)
        yield stacks
        stacks.close()


@pytest.fixture(scope="module")
def base(stacks: Stacks) -> dict[str, str]:
    """The outputs of base.yaml with its defaults."""
    return stacks.deploy("base", Name="acme-ml")
