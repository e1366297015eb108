"""Metrics of the XGBoost container: which way each is better, and those it computes itself.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

MAXIMIZED = frozenset(
    {
        "accuracy",
        "auc",
        "aucpr",
        "balanced_accuracy",
        "f1",
        "f1_binary",
        "f1_macro",
        "map",
        "ndcg",
        "precision",
        "precision_macro",
        "precision_micro",
        "r2",
        "recall",
        "recall_macro",
        "recall_micro",
    }
)
MINIMIZED = frozenset(
    {
        "aft-nloglik",
        "cox-nloglik",
        "error",
        "gamma-deviance",
        "gamma-nloglik",
        "interval-regression-accuracy",
        "logloss",
        "mae",
        "mape",
        "merror",
        "mlogloss",
        "mphe",
        "mse",
        "poisson-nloglik",
        "rmse",
        "rmsle",
        "tweedie-nloglik",
    }
)
Array = Any


def split_metrics(metrics: list[str]) -> tuple[list[str], list[str]]:
    """Metrics that XGBoost knows, and those that the container computes from predictions."""
    own = [metric for metric in metrics if metric in COMPUTED]
    return [metric for metric in metrics if metric not in own], own


def is_maximized(metric: str) -> bool:
    """Whether the container holds more for better: of metrics with a number (ndcg@5) never."""
    return metric in MAXIMIZED


def custom_metric(metrics: list[str], objective: str) -> Callable[[Array, Any], list[Any]]:
    """A function for xgboost.train's custom_metric that computes all of `metrics`."""

    def evaluate(predictions: Array, matrix: Any) -> list[tuple[str, float]]:
        truth = matrix.get_label()
        if objective.startswith(("binary:", "multi:")):
            predictions = to_classes(predictions, objective)
        return [(metric, float(COMPUTED[metric](truth, predictions))) for metric in metrics]

    return evaluate


def to_classes(predictions: Array, objective: str) -> Array:
    """The predicted class of each row."""
    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    if objective == "multi:softmax":
        return predictions.astype(int)
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(int)


def _confusion(truth: Array, classes: Array) -> Array:
    """How often true class i was called j."""
    truth, classes = truth.astype(int), classes.astype(int)
    size = max(truth.max(), classes.max(), 1) + 1
    return np.bincount(truth * size + classes, minlength=size * size).reshape(size, size)


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros(len(part)), where=np.asarray(whole) > 0)


def _per_class(truth: Array, classes: Array) -> tuple[Array, Array, Array, Array]:
    """Precision, recall and F1 of each class, and which classes occur at all."""
    matrix = _confusion(truth, classes)
    right, called, actual = matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)
    occurs = (called + actual) > 0
    f1 = _ratio(2.0 * right, called + actual)
    return _ratio(right, called), _ratio(right, actual), f1, occurs


def _accuracy(truth: Array, classes: Array) -> float:
    return float((truth == classes).mean())


def _balanced_accuracy(truth: Array, classes: Array) -> float:
    actual = np.unique(truth.astype(int))
    return float(_per_class(truth, classes)[1][actual].mean())


def _of_class_one(column: int) -> Callable[[Array, Array], float]:
    return lambda truth, classes: float(_per_class(truth, classes)[column][1])


def _macro(column: int) -> Callable[[Array, Array], float]:
    def average(truth: Array, classes: Array) -> float:
        columns = _per_class(truth, classes)
        return float(columns[column][columns[3]].mean())

    return average


def _mse(truth: Array, predictions: Array) -> float:
    return float(((truth - predictions) ** 2).mean())


def _r2(truth: Array, predictions: Array) -> float:
    spread = float(((truth - truth.mean()) ** 2).mean())
    return 1.0 - _mse(truth, predictions) / spread if spread else 0.0


# rmse and mae are the same number in XGBoost, so they are left to it.
COMPUTED: dict[str, Callable[[Array, Array], float]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _macro(2),
    "f1_binary": _of_class_one(2),
    "f1_macro": _macro(2),
    "precision": _of_class_one(0),
    "precision_macro": _macro(0),
    # Over all classes every wrong call is one false positive and one false negative.
    "precision_micro": _accuracy,
    "recall": _of_class_one(1),
    "recall_macro": _macro(1),
    "recall_micro": _accuracy,
    "mse": _mse,
    "r2": _r2,
}
