"""`num-class`: the number of classes is given for multi:softmax and multi:softprob, and only there.

The container refuses a `multi:` objective without `num_class`. With any other objective XGBoost
itself fails once the data are loaded, because it predicts one number for each class.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: multi:softprob, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.algorithm import DEFAULT_OBJECTIVE, builtin
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "num-class"


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    absent = DEFAULT_OBJECTIVE if algorithm.lacks("objective") else None
    objective = algorithm.values.get("objective", absent)
    if objective is None:
        return
    if objective.startswith("multi:"):
        if algorithm.lacks("num_class"):
            message = f"{objective} needs 'num_class', the number of different labels"
            yield Finding(algorithm.path("objective"), RULE, message, "for example `num_class: 3`")
    elif "num_class" in algorithm.values:
        message = f"{objective} has no classes: XGBoost fails with 'num_class'"
        hint = "remove it, or use objective multi:softprob"
        yield Finding(algorithm.path("num_class"), RULE, message, hint, at_key=True)
