"""What the rules of trigger.yaml ask for: a pipeline, the event, and what of it becomes conf."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from trigger_error import TriggerError

# A path of InvokeRestApi has at most 64 characters, and the longest here is /dags/…/dagRuns:
# https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html
LONGEST_NAME = 64 - len("/dags//dagRuns")

_PIPELINE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# What Airflow takes as a run's id by default, scheduler.allowed_run_id_pattern; never two dots.
_EVENT_ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.~:+-]{1,200}")
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_WHOLE = re.compile(r"\{([^{}]+)\}")


class Request(NamedTuple):
    """The run to start: of which pipeline, for which event, with which conf (filled in)."""

    pipeline: str
    event_id: str
    time: datetime
    conf: dict[str, Any]

    @property
    def run_id(self) -> str:
        """The same for every delivery of the event."""
        return f"event-{self.event_id}"

    def logical_date(self, number: int = 0) -> str:
        """Return the event's time with a fraction of a second that belongs to the event.

        Events have whole seconds, and Airflow wants a date of its own for every run of a pipeline.
        The fraction is never 0, so that no scheduled run has that date. `number` gives others.
        """
        digest = hashlib.sha256(f"{self.event_id} {number}".encode()).digest()
        microsecond = 1 + int.from_bytes(digest[:8], "big") % 999_999
        return self.time.replace(microsecond=microsecond).isoformat()


def read(given: Mapping[str, Any]) -> Request:
    """Return what `given`, the function's input, asks for. Raises TriggerError."""
    event, conf = given.get("event"), given.get("conf") or {}
    if not isinstance(event, Mapping) or not _EVENT_ID.fullmatch(str(event.get("id", ""))):
        raise TriggerError("the input has no 'event' with an 'id' that can be part of a run's id")
    if not isinstance(conf, Mapping):
        raise TriggerError(f"'conf' of the input must be an object, not {json.dumps(conf)}")
    return Request(_pipeline(given), event["id"], _time(event), filled(conf, event))


def filled(value: Any, event: Mapping[str, Any]) -> Any:
    """Return `value` with the placeholders in its texts replaced. Raises TriggerError."""
    if isinstance(value, Mapping):
        return {key: filled(each, event) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, event) for each in value]
    if not isinstance(value, str):
        return value
    if whole := _WHOLE.fullmatch(value):
        return _look_up(whole[1], event)
    return _PLACEHOLDER.sub(lambda found: _text(found, event), value)


def _text(found: re.Match[str], event: Mapping[str, Any]) -> str:
    """Return what stands for a placeholder that is a part of a text."""
    if found[0] in ("{{", "}}"):
        return found[0][0]
    if not found[1]:
        raise TriggerError(
            f"conf has a brace that names nothing in '{found.string}' (write two for one brace)"
        )
    value = _look_up(found[1], event)
    if isinstance(value, Mapping | list) or value is None:
        raise TriggerError(f"'{found[1]}' of the event is no text, as '{found.string}' needs it")
    return value if isinstance(value, str) else json.dumps(value)


def _look_up(name: str, event: Mapping[str, Any]) -> Any:
    """Follow the keys of mappings and nothing else: whoever sends events is not trusted."""
    value: Any = event
    for key in name.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise TriggerError(f"conf asks for '{name}', which the event does not have")
        value = value[key]
    return value


def _pipeline(given: Mapping[str, Any]) -> str:
    name = given.get("pipeline")
    if not isinstance(name, str) or not _PIPELINE.fullmatch(name):
        raise TriggerError(f"'pipeline' of the input names no pipeline: {json.dumps(name)}")
    if len(name) > LONGEST_NAME:
        raise TriggerError(
            f"the name '{name}' has {len(name)} characters, but Amazon MWAA can start a pipeline "
            f"only if it has at most {LONGEST_NAME}"
        )
    return name


def _time(event: Mapping[str, Any]) -> datetime:
    try:
        time = datetime.fromisoformat(event["time"])
    except (KeyError, TypeError, ValueError):
        raise TriggerError("the event has no 'time' such as 2026-01-05T06:00:00Z") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
