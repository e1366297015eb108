"""What a schema cannot say: one rule per module, its docstring the manual page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generator.checks import (
    argument_names,
    channels_missing,
    container_image,
    file_name,
    job_needs,
    no_stage,
    param_default,
    pipe_mode,
    schedule,
    script_missing,
    spot_wait,
    stage_missing,
    start_date,
    time_limits,
)
from generator.checks.subject import Subject
from generator.problem import Finding

Check = Callable[[Subject], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    file_name.check,
    schedule.check,
    start_date.check,
    param_default.check,
    no_stage.check,
    stage_missing.check,
    script_missing.check,
    job_needs.check,
    argument_names.check,
    channels_missing.check,
    container_image.check,
    pipe_mode.check,
    spot_wait.check,
    time_limits.check,
)
"""Every rule."""


def check(subject: Subject) -> list[Finding]:
    """Run every rule and return what they found."""
    return [finding for rule in CHECKS for finding in rule(subject)]
