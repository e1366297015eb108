"""`base-score`: the first prediction is one that the objective can make.

Boosting starts from `base_score` in every row. A logistic objective predicts probabilities, and
cannot start from 0, 1 or beyond: XGBoost refuses it, or never finds a split. Objectives for
positive numbers (`count:poisson`, `reg:gamma`, `reg:tweedie`, `survival:cox`) work on the
logarithm, and cannot start from 0. Containers 3.0-5 and 3.2-0 find a good start by themselves.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100, base_score: 1}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.algorithm import builtin
from generator.checks.subject import Subject
from generator.problem import Finding

PROBABILITIES = ("binary:logistic", "reg:logistic")
POSITIVE = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox")


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    score = algorithm.values.get("base_score") if algorithm else None
    if algorithm is None or score is None:
        return
    objective, refusal = algorithm.values.get("objective"), ""
    if objective in PROBABILITIES and not 0 < score < 1:
        refusal = f"{objective} must start between 0 and 1, not from {score}"
    if objective in POSITIVE and score == 0:
        refusal = f"{objective} must start above 0"
    if refusal:
        hint = "for example `base_score: 0.5`"
        yield Finding(algorithm.path("base_score"), "base-score", refusal, hint)
