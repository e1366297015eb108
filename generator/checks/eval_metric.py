"""`eval-metric`: every metric is one that the container knows and that fits the objective.

The container crashes when `eval_metric` is given without an `objective`, and refuses metrics that
it does not know. XGBoost ends the job when it cannot compute a metric from the objective's
predictions; where it can, the number may still say nothing. `tweedie-nloglik` cannot be asked
for: XGBoost wants it as `tweedie-nloglik@1.5`, which the container refuses.

Write several metrics as a list. In one text they must be separated by commas alone.

    training:
      instance_type: ml.m5.large
      hyperparameters:
        objective: reg:squarederror
        num_round: 100
        eval_metric: [rmse, auc, acuracy]
      channels:
        train: {source: s3://bucket/train/}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.checks.algorithm import Algorithm, builtin
from generator.checks.subject import Subject
from generator.problem import Finding, Path, did_you_mean, only_match

RULE = "eval-metric"

# Found out by training each objective with each metric in XGBoost 1.7.4, 3.0.5 and 3.2.0;
# the container itself refuses auc for anything but binary: and rank:.
FITTING = {
    "binary": (
        "accuracy auc aucpr balanced_accuracy error f1 f1_binary f1_macro logloss mae map mse ndcg "
        "precision precision_macro precision_micro recall recall_macro recall_micro rmse"
    ),
    "multi": (
        "accuracy aucpr balanced_accuracy f1 f1_macro merror mlogloss "
        "precision_macro precision_micro recall_macro recall_micro"
    ),
    "rank": "auc aucpr map ndcg",
    "reg": "gamma-deviance gamma-nloglik mae mape mphe mse poisson-nloglik r2 rmse rmsle",
    "count": "gamma-deviance gamma-nloglik mae mphe mse poisson-nloglik r2 rmse rmsle",
    "reg:logistic": "aucpr error logloss mae mphe mse r2 rmse rmsle",
    "survival:aft": "aft-nloglik interval-regression-accuracy",
    "survival:cox": "cox-nloglik",
}
"""An objective, or what stands before its colon -> the metrics that measure it."""

KNOWN = sorted({metric for names in FITTING.values() for metric in names.split()})
_AT = re.compile(r"error@-?([0-9]+(\.[0-9]+)?|\.[0-9]+)|(map|ndcg)@[1-9][0-9]*")


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None or "eval_metric" not in algorithm.values:
        return
    path, written = algorithm.path("eval_metric"), algorithm.values["eval_metric"]
    if algorithm.lacks("objective"):
        message = "the container crashes on 'eval_metric' without an 'objective'"
        hint = "for example `objective: binary:logistic`"
        yield Finding(path, RULE, message, hint, at_key=True)
    if isinstance(written, str) and re.search(r"\s", written):
        bare = re.sub(r"\s", "", written)
        message = f"the container cannot read the spaces in '{written}'"
        yield Finding(path, RULE, message, f"write {bare}, or a list", replacement=bare)
    for where, metric in algorithm.metrics():
        yield from _judge(where, metric, algorithm)


def _judge(path: Path, metric: str, algorithm: Algorithm) -> Iterator[Finding]:
    name = metric.partition("@")[0] if _AT.fullmatch(metric) else metric
    objective = algorithm.values.get("objective")
    if metric == "tweedie-nloglik":
        message = "the container cannot pass 'tweedie-nloglik' on to XGBoost"
        hint = "leave eval_metric out: reg:tweedie then reports it by itself"
        yield Finding(path, RULE, message, hint)
    elif name not in KNOWN:
        meant = None if "," in str(algorithm.values["eval_metric"]) else only_match(metric, KNOWN)
        hint = did_you_mean(metric, KNOWN) or "known: " + ", ".join(KNOWN)
        message = f"'{metric}' is not a metric of the container"
        yield Finding(path, RULE, message, hint, replacement=meant)
    elif objective and name not in fitting(objective):
        message = f"'{metric}' cannot measure {objective}"
        yield Finding(path, RULE, message, "fitting: " + ", ".join(fitting(objective)))
    elif objective == "binary:logitraw" and name == "logloss":
        message = "'logloss' says nothing about binary:logitraw, which predicts no probabilities"
        yield Finding(path, RULE, message, "use auc, or objective binary:logistic", "warning")


def fitting(objective: str) -> list[str]:
    """Return the metrics that measure an objective, the variants with ``@`` left out."""
    names = FITTING.get(objective) or FITTING[objective.partition(":")[0]]
    return names.split()
