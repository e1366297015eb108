"""The stages of a pipeline, in the order in which they run.

A stage is one module here (its typed form), one file in ``schemas/stages/`` and one in
``templates/``, all named like its section of the YAML file. ``IN_TEMPLATES`` is the stage's name in
its template. ``ORIGINS`` says, of what has another name in the user's file, which key decides it:
of what a template looks up, a key of the pipeline, of a stage or of the environment (``env``); of a
member of the request, the key at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from generator.stages import endpoint, evaluation, glue, training

Stage = glue.GlueJob | training.Training | evaluation.Evaluation | endpoint.Endpoint

READERS: dict[str, Callable[[Any], Sequence[Stage]]] = {
    "glue": glue.read,
    "training": training.read,
    "evaluation": evaluation.read,
    "endpoint": endpoint.read,
}
"""Section name -> function that turns the checked section into its stages."""

ORIGINS: Mapping[str, tuple[str, ...]] = {
    "artifacts": ("pipeline.name", "env.artifacts_bucket"),
    "short_name": ("pipeline.name",),
    **glue.GlueJob.ORIGINS,
    **training.Training.ORIGINS,
    **evaluation.Evaluation.ORIGINS,
    **endpoint.Endpoint.ORIGINS,
}
"""Every stage's, and those of what all templates see."""


def read(data: dict[str, Any]) -> tuple[Stage, ...]:
    """Return the stages that a checked and resolved pipeline has, in running order."""
    return tuple(
        stage
        for section, reader in READERS.items()
        if section in data
        for stage in reader(data[section])
    )
