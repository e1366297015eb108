"""Asking SageMaker for what was made a moment ago: it may not know it everywhere yet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from generator.operators.job import patiently
from generator.operators.job_trigger import is_unknown

LONGEST = 30.0
"""Seconds for which SageMaker is asked again; nobody promises how long it takes."""

_PAUSE = 1.0
_log = logging.getLogger(__name__)


def once_known(ask: Callable[[], Any]) -> Any:
    """Return what ``ask`` does; again where the thing is not known yet, or AWS's failure may pass.

    What is asked for must not do harm when it is done twice. Raises botocore's errors.
    """
    until = time.time() + LONGEST
    while True:
        try:
            return patiently(ask)
        except ClientError as error:
            if not is_unknown(error) or time.time() > until:
                raise
            _log.info("Asking again: %s", error)
        time.sleep(_PAUSE)
