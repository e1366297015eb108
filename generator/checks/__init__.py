"""What a schema cannot say: one rule per module, its docstring the manual page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generator.aws_requests.expansion import Expansion
from generator.checks import (
    argument_names,
    autoscaling_limits,
    aws_request,
    base_score,
    channels_missing,
    container_image,
    container_version,
    control_character,
    deciding_metric,
    early_stopping_rounds,
    eval_metric,
    evaluation_metric,
    evaluation_use,
    file_name,
    gpu,
    hyperparameter_names,
    instance_count,
    instance_type,
    job_needs,
    logical_date,
    no_effect,
    no_stage,
    num_class,
    objective,
    param_default,
    param_undeclared,
    param_unused,
    pipe_mode,
    run_conf,
    schedule,
    script_arguments,
    script_missing,
    script_syntax,
    serverless,
    smoke_test,
    spot_wait,
    stage_missing,
    start_date,
    time_limits,
    traffic_shifting,
    tree_method,
    updater,
)
from generator.checks.subject import Subject
from generator.problem import Finding

Check = Callable[[Subject], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    file_name.check,
    control_character.check,
    schedule.check,
    start_date.check,
    param_default.check,
    param_undeclared.check,
    param_unused.check,
    logical_date.check,
    run_conf.check,
    no_stage.check,
    stage_missing.check,
    script_missing.check,
    script_syntax.check,
    script_arguments.check,
    job_needs.check,
    argument_names.check,
    channels_missing.check,
    container_image.check,
    container_version.check,
    instance_type.check,
    instance_count.check,
    pipe_mode.check,
    spot_wait.check,
    time_limits.check,
    hyperparameter_names.check,
    objective.check,
    num_class.check,
    eval_metric.check,
    deciding_metric.check,
    early_stopping_rounds.check,
    tree_method.check,
    updater.check,
    base_score.check,
    gpu.check,
    no_effect.check,
    evaluation_metric.check,
    evaluation_use.check,
    serverless.check,
    traffic_shifting.check,
    autoscaling_limits.check,
    smoke_test.check,
)
"""Every rule that looks at what is written."""

LAST_CHECKS: tuple[Callable[[Expansion], Iterator[Finding]], ...] = (aws_request.check,)
"""Every rule that looks at what a pipeline becomes, where nothing else is wrong with it."""


def check(subject: Subject) -> list[Finding]:
    """Run every rule and return what they found."""
    return [finding for rule in CHECKS for finding in rule(subject)]


def check_last(expansion: Expansion) -> list[Finding]:
    """Run every rule that needs the expanded pipeline and return what they found."""
    return [finding for rule in LAST_CHECKS for finding in rule(expansion)]
