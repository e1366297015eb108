"""`no-effect`: every hyperparameter does something.

XGBoost says nothing, or a line in the log, about a hyperparameter that the chosen booster,
objective or release does not use. The model is trained as if it were not there: a `rate_drop`
without booster `dart` drops no tree, and a `max_depth` means nothing to `gblinear`. Some names
come from releases before 1.7 and are only still accepted.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100, rate_drop: 0.1}
      channels:
        train: {source: s3://bucket/train/}
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.algorithm import DEFAULT_OBJECTIVE, Algorithm, builtin, content_type
from generator.checks.subject import Subject
from generator.checks.tree_method import CONSTRAINTS
from generator.problem import Finding

# XGBoost 1.7.4, 3.0.5 and 3.2.0 were asked: each warns of what it does not use, and what it does
# not warn of changed the predictions or not.
_OF_DART = ("normalize_type", "one_drop", "rate_drop", "sample_type", "skip_drop")
_OF_TREES = (
    *("colsample_bylevel", "colsample_bynode", "colsample_bytree", "gamma", "grow_policy"),
    *("interaction_constraints", "max_bin", "max_delta_step", "max_depth", "max_leaves"),
    *("min_child_weight", "monotone_constraints", "num_parallel_tree", "process_type"),
    *("refresh_leaf", "sampling_method", "subsample", "tree_method"),
)
_OF_HISTOGRAMS = ("grow_policy", "max_bin", "max_leaves")
_OLD = ("deterministic_histogram", "lambda_bias", "prob_buffer_row", "sketch_eps")
_OLD_IN_3 = ("dsplit", "predictor")
_UNWEIGHTED = (
    *("multi:", "rank:", "survival:", "count:", "binary:hinge"),
    *("reg:absoluteerror", "reg:pseudohubererror", "reg:tweedie"),
)


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    reasons = _reasons(algorithm)
    if content_type(subject) not in (None, "text/csv"):
        reasons["csv_weights"] = f"{content_type(subject)} has no column of weights"
    for name, value in algorithm.values.items():
        if name in reasons and not (name == "csv_weights" and value == 0):
            message = f"'{name}' has no effect: {reasons[name]}"
            path = algorithm.path(name)
            yield Finding(path, "no-effect", message, "remove it", "warning", at_key=True)


def _reasons(algorithm: Algorithm) -> dict[str, str]:
    """Return why hyperparameters would have no effect; where there are several, one of them."""
    return {
        **_of_updaters(algorithm),
        **_of_booster(algorithm),
        **_of_objective(algorithm),
        **dict.fromkeys(_OLD, "XGBoost 1.7 and later do not use it"),
        **(dict.fromkeys(_OLD_IN_3, "XGBoost 3 does not use it") if _is_3(algorithm) else {}),
    }


def _of_booster(algorithm: Algorithm) -> dict[str, str]:
    booster = algorithm.values.get("booster", "gbtree")
    if booster == "dart" or not algorithm.knows("booster"):
        return {}
    reasons = dict.fromkeys(_OF_DART, "it is for booster dart")
    if booster == "gblinear":
        reasons |= dict.fromkeys(_OF_TREES, "booster gblinear grows no trees")
        if algorithm.values.get("objective") == "count:poisson":
            del reasons["max_delta_step"]  # the objective has one of its own
    return reasons


def _of_objective(algorithm: Algorithm) -> dict[str, str]:
    absent = DEFAULT_OBJECTIVE if algorithm.lacks("objective") else ""
    objective = algorithm.values.get("objective", absent)
    reasons = {}
    if objective and objective != "reg:tweedie":
        reasons["tweedie_variance_power"] = "it is for objective reg:tweedie"
    if objective and objective != "survival:aft":
        names = ("aft_loss_distribution", "aft_loss_distribution_scale")
        reasons |= dict.fromkeys(names, "it is for objective survival:aft")
    if objective.startswith(_UNWEIGHTED):
        reasons["scale_pos_weight"] = f"{objective} does not weigh positive rows"
    return reasons


def _of_updaters(algorithm: Algorithm) -> dict[str, str]:
    updaters, reasons = algorithm.updaters(), {}
    if "refresh" not in updaters and algorithm.knows("updater"):
        reasons["refresh_leaf"] = "it is for updater refresh"
    if updaters and not CONSTRAINTS.keys() & algorithm.values.keys():
        reasons["tree_method"] = "'updater' decides"
    if not updaters and algorithm.values.get("tree_method") == "exact":
        reasons |= dict.fromkeys(_OF_HISTOGRAMS, "tree_method exact does not use it")
    return reasons


def _is_3(algorithm: Algorithm) -> bool:
    return algorithm.version is not None and algorithm.version.startswith("3.")
