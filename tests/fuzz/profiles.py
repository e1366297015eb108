"""How much the fuzzers try: in all EXAMPLES, of which each test has its share.

Without that variable, as in `make test`, they are few and the same ones each time. `make fuzz` sets
it and tries new ones each time; what failed is kept below build/ and tried first the next time.
"""

from __future__ import annotations

import os

from examples import ROOT
from hypothesis import HealthCheck, configuration, settings
from hypothesis.database import DirectoryBasedExampleDatabase

VARIABLE = "EXAMPLES"
FEW = 200

_KEPT = ROOT / "build" / "hypothesis"
configuration.set_hypothesis_home_dir(_KEPT)
# A pipeline is large and takes a while to make, which hypothesis would call a mistake of the test.
_ALLOWED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def tries(percent: int) -> settings:
    """Decorate a test to try that share of all examples."""
    is_long = VARIABLE in os.environ
    total = int(os.environ.get(VARIABLE, FEW))
    return settings(
        max_examples=max(1, total * percent // 100),
        derandomize=not is_long,
        database=DirectoryBasedExampleDatabase(_KEPT / "examples") if is_long else None,
        deadline=None,
        suppress_health_check=_ALLOWED,
    )
