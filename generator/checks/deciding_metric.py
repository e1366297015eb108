"""`deciding-metric`: the last metric, which decides, can tell a good model on unbalanced classes.

Early stopping keeps the model that is best by the last metric of `eval_metric`. A
`scale_pos_weight` other than 1 says that one class is rare, and then accuracy and the error rates
mislead: with one positive in a hundred rows, a model that never finds one is 99 % accurate.

    training:
      instance_type: ml.m5.large
      hyperparameters:
        objective: binary:logistic
        num_round: 100
        scale_pos_weight: 99
        eval_metric: [auc, accuracy]
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.algorithm import builtin
from generator.checks.subject import Subject
from generator.problem import Finding

MISLEADING = ("accuracy", "error", "precision_micro", "recall_micro")


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None or not algorithm.metrics():
        return
    weight = algorithm.values.get("scale_pos_weight", 1)
    path, metric = algorithm.metrics()[-1]
    if weight != 1 and metric.partition("@")[0] in MISLEADING:
        message = f"scale_pos_weight {weight} means unbalanced classes, where '{metric}' misleads"
        hint = "end the list with aucpr, auc or f1"
        yield Finding(path, "deciding-metric", message, hint, "warning")
