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

CHECKS: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (file_name.check, ("name",)),
    (schedule.check, ("schedule",)),
    (start_date.check, ("schedule", "start_date")),
    (param_default.check, ("params",)),
    (no_stage.check, ()),
    (stage_missing.check, ()),
    (script_missing.check, ("glue",)),
    (job_needs.check, ("glue",)),
    (argument_names.check, ("glue",)),
    (channels_missing.check, ("training",)),
    (container_image.check, ("training",)),
    (pipe_mode.check, ("training",)),
    (spot_wait.check, ("training",)),
    (time_limits.check, ("glue", "training", "endpoint")),
)
"""Every rule with the sections it reads; it runs only where the schema trusts all of them."""


def check(subject: Subject, untrusted: set[str]) -> list[Finding]:
    """Run every rule whose sections are not ``untrusted`` and return what they found."""
    return [
        finding
        for rule, sections in CHECKS
        if untrusted.isdisjoint(sections)
        for finding in rule(subject)
    ]
