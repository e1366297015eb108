"""What an endpoint's task is waiting for, as a text that goes through the triggerer."""

from __future__ import annotations

import json
from typing import NamedTuple


class EndpointStep(NamedTuple):
    """A wait of the task.

    ``ours`` tells that the endpoint was asked for what this run wants; otherwise it must settle
    before it can be. ``deadline``, in seconds since the epoch, is that of the whole task.
    ``before`` is when the endpoint had last changed before the request, by AWS's clock.
    ``unscaled`` tells that its autoscaling was taken away for the update.
    """

    ours: bool
    deadline: float
    before: str = ""
    unscaled: bool = False

    @property
    def text(self) -> str:
        return json.dumps(self)


def read_step(text: str) -> EndpointStep:
    """Return the step that a text stands for."""
    return EndpointStep(*json.loads(text))
