"""`evaluation-metric`: every metric of the evaluation is measured, and its threshold looks up.

The training job reports what `eval_metric` names, as `train:…` for the rows that it learns from
and as `validation:…` for those of the validation channel. The evaluation of a metric that nothing
measures can only fail, after the training has been paid for. A threshold with the wrong sign lets
bad models pass and good ones not.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100, eval_metric: [logloss, auc]}
      channels:
        train: {source: s3://bucket/train/}
        validation: {source: s3://bucket/validation/}
    evaluation:
      metrics:
        validation:aucpr: ">= 0.85"
        validation:logloss: ">= 0.3"
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.algorithm import Algorithm, builtin, is_watched
from generator.checks.subject import Subject
from generator.problem import Finding, Path, did_you_mean, only_match
from generator.threshold import Threshold, threshold

RULE = "evaluation-metric"

# "Maximize" in https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
HIGHER_IS_BETTER = (
    *("accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map"),
    *("ndcg", "precision", "precision_macro", "precision_micro", "r2"),
    *("recall", "recall_macro", "recall_micro"),
)


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    for name, text in subject.data.get("evaluation", {}).get("metrics", {}).items():
        path = ("evaluation", "metrics", name)
        yield from _channel(path, name, subject)
        findings = [*_measured(path, name, algorithm)]
        yield from findings or _sign(path, name, text)


def _channel(path: Path, name: str, subject: Subject) -> Iterator[Finding]:
    if name.startswith("validation:") and not is_watched(subject):
        message = f"'{name}' needs a validation channel"
        yield Finding(path, RULE, message, "add it to `channels`", at_key=True)


def _measured(path: Path, name: str, algorithm: Algorithm) -> Iterator[Finding]:
    channel, _, metric = name.partition(":")
    known = [each for _, each in algorithm.metrics()]
    if metric in known or not algorithm.knows("eval_metric"):
        return
    meant = only_match(metric, known)
    hint = did_you_mean(metric, known) or f"add {metric} to `eval_metric`"
    replacement = f"{channel}:{meant}" if meant else None
    message = f"'{metric}' is not measured: it is not in `eval_metric`"
    yield Finding(path, RULE, message, hint, at_key=True, replacement=replacement)


def _sign(path: Path, name: str, text: str) -> Iterator[Finding]:
    metric = name.partition(":")[2].partition("@")[0]
    asked, higher = threshold(text), metric in HIGHER_IS_BETTER
    if higher != asked.more_is_better:
        better, sign = ("higher", ">=") if higher else ("lower", "<=")
        message = f"'{metric}' is better the {better} it is, but '{text}' asks for the other"
        fixed = Threshold(sign, asked.bound)
        yield Finding(path, RULE, message, f"write '{fixed}'", "warning")
