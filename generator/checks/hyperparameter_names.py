"""`hyperparameter-names`: every hyperparameter goes by its own name, and once.

The container knows four of them by a second name, too: `learning_rate` (`eta`), `min_split_loss`
(`gamma`), `reg_alpha` (`alpha`) and `reg_lambda` (`lambda`). Where both are given, the one that
comes later wins silently. `pipelines lint --fix` writes the container's own name, under which
the job's page in the AWS console and the documentation list it.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100, learning_rate: 0.1}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.algorithm import ALIASES, builtin
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "hyperparameter-names"


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    for alias, name in ALIASES.items():
        path = ("training", "hyperparameters", alias)
        if alias in algorithm.written and name in algorithm.written:
            message = f"'{alias}' and '{name}' are the same hyperparameter"
            yield Finding(path, RULE, message, "remove one", at_key=True)
        elif alias in algorithm.written:
            message = f"'{alias}' is a second name of '{name}'"
            hint = f"write {name}"
            yield Finding(path, RULE, message, hint, "warning", at_key=True, replacement=name)
