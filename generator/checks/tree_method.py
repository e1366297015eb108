"""`tree-method`: the way to search splits goes with everything that is asked of it.

The container takes `monotone_constraints` only where `tree_method` says `exact` or `hist`, and
`interaction_constraints` only with `exact`, `hist` or `approx`, although XGBoost's own choice
would do. The job fails at once without it.

`exact` looks at every value: it needs a `max_depth`, cannot draw features for each split
(`colsample_bynode`, since container 3.0-5) or rows by their gradient, and runs on one instance
only. Container 1.7-1 chooses it by itself for up to 4 million rows. `gpu_hist` is gone from 3.2-0.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: reg:squarederror, num_round: 100, monotone_constraints: [1, -1]}
      channels:
        train: {source: s3://bucket/train/}
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.algorithm import Algorithm, builtin
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "tree-method"
CONSTRAINTS = {
    "interaction_constraints": ("exact", "hist", "approx"),
    "monotone_constraints": ("exact", "hist"),
}


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    yield from _constraints(algorithm)
    if algorithm.values.get("booster") == "gblinear":  # grows no trees
        return
    yield from _dropped(algorithm)
    yield from _sampling(algorithm)
    if _grows_exactly(algorithm):
        yield from _exact(algorithm, subject.training.get("instance_count", 1))


def _constraints(algorithm: Algorithm) -> Iterator[Finding]:
    if not algorithm.knows("tree_method"):
        return
    for name, methods in CONSTRAINTS.items():
        if name in algorithm.values and algorithm.values.get("tree_method") not in methods:
            message = f"'{name}' needs one of the tree_methods {', '.join(methods)}"
            hint = "for example `tree_method: hist`"
            yield Finding(algorithm.path(name), RULE, message, hint, at_key=True)


def _dropped(algorithm: Algorithm) -> Iterator[Finding]:
    if algorithm.version == "3.2-0" and algorithm.values.get("tree_method") == "gpu_hist":
        message = "container 3.2-0 has no gpu_hist any more"
        path = algorithm.path("tree_method")
        yield Finding(path, RULE, message, "use hist", replacement="hist")


def _sampling(algorithm: Algorithm) -> Iterator[Finding]:
    method = algorithm.values.get("tree_method")
    if algorithm.values.get("sampling_method") != "gradient_based" or method == "gpu_hist":
        return
    path = algorithm.path("sampling_method")
    if algorithm.version in ("1.7-1", "3.0-5"):
        message = f"gradient_based needs a GPU and gpu_hist in container {algorithm.version}"
        yield Finding(path, RULE, message, 'use uniform, or `version: "3.2-0"`')
    elif _grows_exactly(algorithm):
        yield Finding(path, RULE, "tree_method exact cannot sample gradient_based", "use hist")


def _exact(algorithm: Algorithm, instances: int) -> Iterator[Finding]:
    values = algorithm.values
    if values.get("max_depth") == 0:
        message = "tree_method exact needs a limit, and max_depth 0 is none"
        if values.get("tree_method", "auto") == "auto":
            message += "; container 1.7-1 chooses exact for up to 4 million rows"
        yield Finding(algorithm.path("max_depth"), RULE, message, "use hist, or a limit like 6")
    given = values.get("tree_method") == "exact" or algorithm.updaters()
    if given and values.get("colsample_bynode", 1) < 1 and algorithm.version != "1.7-1":
        message = "tree_method exact cannot draw features for each split"
        path = algorithm.path("colsample_bynode")
        yield Finding(path, RULE, message, "use tree_method hist, or colsample_bytree")
    if given and instances > 1:
        message = f"tree_method exact cannot train on {instances} instances"
        hint = "use hist, or one instance"
        yield Finding(("training", "instance_count"), RULE, message, hint)


def _grows_exactly(algorithm: Algorithm) -> bool:
    """Tell whether trees are, or in container 1.7-1 probably are, grown by the exact method."""
    if algorithm.updaters():  # XGBoost then ignores the method
        return "grow_colmaker" in algorithm.updaters()
    method = algorithm.values.get("tree_method")
    if method == "auto" or algorithm.lacks("tree_method"):
        return algorithm.version == "1.7-1"
    return bool(method == "exact")
