"""`updater`: the steps that build the model go together, and with the booster.

`updater` is for experts; without it XGBoost chooses by `tree_method` and `booster`. Trees need
exactly one step that grows them, `grow_colmaker` or `grow_histmaker`, and it comes first; booster
`gblinear` needs exactly one of `shotgun` and `coord_descent`. `sync` is gone from container 1.7-1.

`process_type: update` revises the trees of an earlier model. A training job of the built-in
container starts without one, so it always fails.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100, updater: [prune, grow_colmaker]}
      channels:
        train: {source: s3://bucket/train/}
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.algorithm import Algorithm, builtin
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "updater"
GROWING = ("grow_colmaker", "grow_histmaker")
LINEAR = ("coord_descent", "shotgun")


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    booster = algorithm.values.get("booster", "gbtree")
    if algorithm.values.get("process_type") == "update" and booster != "gblinear":
        message = "there is no earlier model to update: a training job starts without one"
        yield Finding(algorithm.path("process_type"), RULE, message, "remove process_type")
        return
    if updaters := algorithm.updaters():
        refusal = _linear(updaters) if booster == "gblinear" else _trees(updaters, algorithm)
        if refusal:
            hint = "remove it: XGBoost then chooses by itself"
            yield Finding(algorithm.path("updater"), RULE, refusal, hint)


def _linear(updaters: list[str]) -> str:
    if len(updaters) == 1 and updaters[0] in LINEAR:
        return ""
    return "booster gblinear needs one updater: " + " or ".join(LINEAR)


def _trees(updaters: list[str], algorithm: Algorithm) -> str:
    linear = [updater for updater in updaters if updater in LINEAR]
    growing = [updater for updater in updaters if updater in GROWING]
    if linear:
        return f"'{linear[0]}' builds no trees; it is for booster gblinear"
    if len(growing) > 1:
        return "only one updater may grow trees, not " + " and ".join(growing)
    if updaters[0] not in GROWING:
        return "the first updater must grow trees: " + " or ".join(GROWING)
    if "sync" in updaters and algorithm.version == "1.7-1":
        return "container 1.7-1 has no updater sync"
    return ""
