"""The hyperparameters that the XGBoost container accepts in algorithm mode, and their ranges.

The names and ranges are those of
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from generator.local.aws.evaluation import MAXIMIZED, MINIMIZED

# Intervals as in mathematics: a round bracket leaves the end out.
INTEGERS = {
    "num_round": "[1,inf)",
    "num_class": "[2,inf)",
    "early_stopping_rounds": "[1,inf)",
    "verbosity": "[0,3]",
    "nthread": "[1,inf)",
    "max_depth": "[0,inf)",
    "refresh_leaf": "[0,1]",
    "max_leaves": "[0,inf)",
    "max_bin": "[0,inf)",
    "one_drop": "[0,1]",
    "seed": "(-2147483648,2147483647)",
    "num_parallel_tree": "[1,inf)",
    "csv_weights": "[0,1]",
    "prob_buffer_row": "(1,inf)",
}
FLOATS = {
    "eta": "[0,1]",
    "gamma": "[0,inf)",
    "min_child_weight": "[0,inf)",
    "max_delta_step": "[0,inf)",
    "subsample": "(0,1]",
    "colsample_bytree": "(0,1]",
    "colsample_bylevel": "(0,1]",
    "colsample_bynode": "(0,1]",
    "lambda": "[0,inf)",
    "alpha": "[0,inf)",
    "sketch_eps": "(0,1)",
    "scale_pos_weight": "(0,inf)",
    "rate_drop": "[0,1]",
    "skip_drop": "[0,1]",
    "lambda_bias": "[0,1]",
    "tweedie_variance_power": "(1,2)",
    "base_score": "[0,inf)",
    "aft_loss_distribution_scale": "[0,inf)",
}
CHOICES = {
    "objective": (
        "binary:logistic binary:logitraw binary:hinge count:poisson multi:softmax multi:softprob "
        "rank:pairwise rank:ndcg rank:map reg:linear reg:squarederror reg:logistic reg:gamma "
        "reg:pseudohubererror reg:squaredlogerror reg:absoluteerror reg:tweedie survival:aft "
        "survival:cox"
    ),
    "booster": "gbtree gblinear dart",
    "tree_method": "auto exact approx hist gpu_hist",
    "dsplit": "row col",
    "process_type": "default update",
    "grow_policy": "depthwise lossguide",
    "predictor": "auto cpu_predictor gpu_predictor",
    "sample_type": "uniform weighted",
    "normalize_type": "tree forest",
    "save_model_on_termination": "true false",
    "aft_loss_distribution": "normal logistic extreme",
    "deterministic_histogram": "true false",
    "sampling_method": "uniform gradient_based",
    "use_dask_gpu_training": "true false",
}
UPDATERS = (
    "grow_colmaker distcol grow_histmaker grow_skmaker sync refresh prune shotgun coord_descent"
)
CONSTRAINTS = {
    "monotone_constraints": (r"\(\s*(-1|0|1)(\s*,\s*(-1|0|1))*\s*,?\s*\)", ("exact", "hist")),
    "interaction_constraints": (
        r"\[\s*\[[1-9]\d*(\s*,\s*[1-9]\d*)*\](\s*,\s*\[[1-9]\d*(\s*,\s*[1-9]\d*)*\])*\s*\]",
        ("exact", "hist", "approx"),
    ),
}
ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
_WITH_THRESHOLD = ("error", "ndcg", "map")


class UserError(Exception):
    """What the user has to change; the job fails with this sentence."""


def validate(raw: Mapping[str, str]) -> dict[str, Any]:
    """`raw`, all strings, as typed values under their real names; eval_metric becomes a list.

    Raises UserError for the first value that the container would refuse.
    """
    named = {ALIASES.get(name, name): value for name, value in raw.items()}
    if "num_round" not in named:
        raise UserError("Missing required hyperparameter: num_round")
    values = {name: _parse(name, value) for name, value in named.items()}
    for check in (_check_classes, _check_metrics, _check_constraints, _check_booster):
        check(values)
    return values


def _parse(name: str, text: str) -> Any:
    if name in INTEGERS:
        return _number(name, text, int, INTEGERS[name])
    if name in FLOATS:
        return _number(name, text, float, FLOATS[name])
    if name in CHOICES:
        return _one_of(name, text, CHOICES[name].split())
    if name == "eval_metric":
        return [_metric(metric) for metric in text.split(",")]
    if name == "updater":
        return ",".join(_one_of(name, part, UPDATERS.split()) for part in text.split(","))
    if name in CONSTRAINTS:
        if not re.fullmatch(CONSTRAINTS[name][0], text):
            raise UserError(f"Hyperparameter {name}: invalid value: {text}")
        return text
    raise UserError(f"Extraneous hyperparameter found: {name}")


def _number(name: str, text: str, kind: type, interval: str) -> Any:
    try:
        value = kind(text)
    except ValueError:
        noun = "an integer" if kind is int else "a number"
        raise UserError(f"Hyperparameter {name}: could not parse '{text}' as {noun}") from None
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = value >= low if interval[0] == "[" else value > low
    below = value <= high if interval[-1] == "]" else value < high
    if not (above and below):
        raise UserError(f"Hyperparameter {name}: {text} is not in the range {interval}")
    return value


def _one_of(name: str, text: str, accepted: list[str]) -> str:
    if text not in accepted:
        raise UserError(f"Hyperparameter {name}: '{text}' is not in {accepted}")
    return text


def _metric(text: str) -> str:
    name, at, threshold = text.partition("@")
    if name not in MAXIMIZED | MINIMIZED:
        raise UserError(f"Hyperparameter eval_metric: '{text}' is not a supported metric")
    if at and (name not in _WITH_THRESHOLD or not re.fullmatch(r"-?(\d+\.?\d*|\.\d+)", threshold)):
        raise UserError(f"Hyperparameter eval_metric: '{text}' has an invalid threshold")
    return text


def _check_classes(values: dict[str, Any]) -> None:
    if values.get("objective", "").startswith("multi:") and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")


def _check_metrics(values: dict[str, Any]) -> None:
    metrics = values.get("eval_metric")
    if metrics is None:
        return
    objective = values.get("objective")
    if objective is None:
        # The container reads the objective to check the metrics, and crashes without one.
        raise UserError("'objective' is needed as soon as eval_metric is given")
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for objective 'survival:aft'")


def _check_constraints(values: dict[str, Any]) -> None:
    for name, (_, methods) in CONSTRAINTS.items():
        if name in values and values.get("tree_method") not in methods:
            accepted = " or ".join(methods)
            raise UserError(f"{name} can be used only when tree_method is set to {accepted}")


def _check_booster(values: dict[str, Any]) -> None:
    updaters = values.get("updater", "").split(",") if "updater" in values else []
    if values.get("booster") == "gblinear":
        if updaters and (len(updaters) > 1 or updaters[0] not in ("shotgun", "coord_descent")):
            raise UserError("The linear updater must be one of shotgun and coord_descent")
    elif values.get("process_type") == "update":
        if set(updaters) - {"refresh", "prune"}:
            raise UserError("process_type 'update' can only be used with refresh and prune")
    elif {"shotgun", "coord_descent"} & set(updaters):
        raise UserError("Tree updater should be none of shotgun and coord_descent")
    elif sum(updater.startswith("grow_") or updater == "distcol" for updater in updaters) > 1:
        raise UserError("Only one tree grow plugin can be selected")
