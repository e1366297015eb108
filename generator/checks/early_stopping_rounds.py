"""`early-stopping-rounds`: early stopping works, and by the right metric.

The container stops early only where it has `early_stopping_rounds`, an explicit `eval_metric` and
a validation channel; if one is missing it says nothing and trains all rounds. The last metric of
`eval_metric` decides.

Some metrics do not survive it. The container holds `ndcg@5` and `map@5`, unlike `ndcg` and `map`,
for errors: it stops when they rise and keeps the worst model. It looks for `error@.70`, which
XGBoost reports as `error@0.7`, and fails; and XGBoost cannot keep the best model of booster
`gblinear`, and fails, too.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 500, early_stopping_rounds: 20}
      channels:
        train: {source: s3://bucket/train/}
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.algorithm import Algorithm, builtin, is_watched
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "early-stopping-rounds"


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None or "early_stopping_rounds" not in algorithm.values:
        return
    path, silent = algorithm.path("early_stopping_rounds"), "'early_stopping_rounds' has no effect"
    if algorithm.lacks("eval_metric"):
        hint = "for example `eval_metric: logloss`; of a list the last decides"
        yield Finding(path, RULE, f"{silent} without 'eval_metric'", hint, "warning", at_key=True)
    elif not is_watched(subject):
        message = f"{silent} without a validation channel"
        yield Finding(path, RULE, message, "add it to `channels`", "warning", at_key=True)
    elif algorithm.values.get("booster") == "gblinear":
        message = "early stopping fails with booster gblinear"
        yield Finding(path, RULE, message, "remove it", at_key=True)
    else:
        yield from _last_metric(algorithm)


def _last_metric(algorithm: Algorithm) -> Iterator[Finding]:
    if not algorithm.metrics():
        return
    path, metric = algorithm.metrics()[-1]
    name, _, number = metric.partition("@")
    if number and name in ("map", "ndcg"):
        message = f"early stopping takes a lower {metric} for better, and keeps the worst model"
        yield Finding(path, RULE, message, f"end the list with {name}", "warning")
    elif number and name == "error" and metric != (reported := _reported(number)):
        alone = algorithm.values["eval_metric"] == metric or len(path) > 3
        message = f"early stopping looks for '{metric}', but XGBoost reports '{reported}'"
        hint = f"write {reported}"
        yield Finding(path, RULE, message, hint, replacement=reported if alone else None)


def _reported(threshold: str) -> str:
    """Return the name under which XGBoost reports an error rate, as its C++ prints a float."""
    try:
        number = f"{float(threshold):g}"
    except ValueError:  # refused by another rule
        return f"error@{threshold}"
    return "error" if number == "0.5" else f"error@{number}"
