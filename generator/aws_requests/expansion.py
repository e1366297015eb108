"""One expanded pipeline, and where in its file the values of its requests to AWS come from.

The templates say by which expression each value is made, the stages which key decides what an
expression looks up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.aws_requests.requests import Path, Request
from generator.environment import Environment
from generator.expand import last_job, task_stages
from generator.expressions.run_time_template import is_template
from generator.pipeline import Pipeline
from generator.stages import ORIGINS, Stage
from generator.template import lookups, source

_ITEM_NAMES = ("Key", "ChannelName")
"""Members by which the items of a list are told apart that is a mapping in the user's file."""


@dataclass(frozen=True)
class Origin:
    """A key of the pipeline's file, and where it is the environment's value its key there."""

    path: Path
    env: str = ""


@dataclass(frozen=True)
class Expansion:
    """A pipeline and what it has become in an environment; ``data`` is its file, resolved."""

    data: Mapping[str, Any]
    pipeline: Pipeline
    configuration: Mapping[str, Any]
    environment: Environment

    def origin(self, request: Request, path: Path) -> Origin:
        """Return what decides the value at ``path`` of a request, at worst the stage."""
        stage = task_stages(self.pipeline, self.environment)[request.task]
        place = request.place(path)
        text, depth = _expression(_task_source(stage, request.task), place)
        rest = self._rest(request.task, place, depth)
        candidates = [
            found
            for looked_up in lookups(text)
            for key in ORIGINS.get(looked_up, (looked_up,))
            if (found := self._find(stage, key, rest))
        ]
        # What has more of the path is nearer; the pipeline's own keys are the user's to change.
        best = max(candidates, key=lambda found: (found[0], not found[1].env), default=None)
        return best[1] if best else Origin(self._section(stage))

    def is_template(self, request: Request, path: Path) -> bool:
        """Tell whether the task makes the value at ``path`` of the request only when it runs."""
        value = self._task(request.task)
        for step in request.place(path):
            value = _step(value, step)
        return isinstance(value, str) and is_template(value)

    def _find(self, stage: Stage, key: str, rest: Path) -> tuple[int, Origin] | None:
        """Return the origin that ``key`` names and how many steps of ``rest`` it takes, if any."""
        name, *steps = key.split(".")
        if name == "env":
            path, taken = _follow(self.environment.values, tuple(steps), rest)
            return (taken, Origin(self._section(stage), steps[0])) if path else None
        start = self._start(stage, name)
        path, taken = _follow(self.data, (*start, *steps), rest) if start is not None else ((), 0)
        return (taken, Origin(path)) if path else None

    def _start(self, stage: Stage, name: str) -> Path | None:
        """Return the path of what templates know as ``name``."""
        if name == "pipeline":
            return ()
        if name == "last_job":
            job = last_job(self.pipeline)
            return self._section(job) if job else None
        stages = [stage, *self.pipeline.stages]
        named = [each for each in stages if name == each.IN_TEMPLATES]
        return self._section(named[0]) if named else None

    def _section(self, stage: Stage) -> Path:
        """Return the path of a stage: its section, or its item where the section is a list."""
        if not isinstance(self.data[stage.SECTION], list):
            return (stage.SECTION,)
        return (stage.SECTION, self.pipeline.of_kind(type(stage)).index(stage))

    def _rest(self, task: str, place: Path, depth: int) -> Path:
        """Return what follows the first ``depth`` steps, items of lists by their names."""
        value, steps = self._task(task), []
        for step in place:
            value = _step(value, step)
            steps.append(_item_name(value, step) if isinstance(step, int) else step)
        return tuple(steps[depth:])

    def _task(self, name: str) -> Any:
        ((_, dag),) = self.configuration.items()
        return dag["tasks"][name]


def _item_name(item: Any, index: int) -> str | int:
    names = [item[key] for key in _ITEM_NAMES if key in item] if isinstance(item, dict) else []
    return names[0] if names else index


def _task_source(stage: Stage, task: str) -> Any:
    """Return the part of the stage's template that makes a task."""
    for key, part in source(stage.SECTION).items():
        pieces = re.split(r"\$\{\{.*?\}\}", key)
        if re.fullmatch(".*".join(map(re.escape, pieces)), task):
            return part
    return {}


def _expression(node: Any, place: Path) -> tuple[str, int]:
    """Return the text of a template that makes what is at ``place``, and how deep it stands."""
    for depth, step in enumerate(place):
        if isinstance(node, str):
            return node, depth
        node = _step(node, step)
    return (node, len(place)) if isinstance(node, str) else ("", len(place))


def _follow(data: Any, start: Path, rest: Path) -> tuple[Path, int]:
    """Return the path of ``start`` in ``data`` with what of ``rest`` goes on there, and its length.

    The path is empty where ``data`` has no ``start``. A step that is not there is passed over.
    """
    for step in start:
        data = _step(data, step)
    if data is None:
        return (), 0
    path = start
    for step in rest:
        for name in _spellings(step):
            if _step(data, name) is not None:
                data, path = _step(data, name), (*path, name)
                break
    return path, len(path) - len(start)


def _spellings(step: str | int) -> Iterator[str | int]:
    """Yield what a member of a request can be called in a pipeline: ContentType, content_type."""
    yield step
    if isinstance(step, str):
        yield step.removeprefix("--")
        yield re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", step).lower()
        yield from ORIGINS.get(step, ())


def _step(node: Any, step: str | int) -> Any:
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return node.get(step) if isinstance(node, dict) else None
