"""Hyperparameters are rendered exactly as the XGBoost container reads them."""

from __future__ import annotations

import pytest

from generator.stages.training import hyperparameter


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("num_round", 100, "100"),
        ("num_round", 100.0, "100"),
        ("eta", 0.2, "0.2"),
        ("gamma", 4, "4"),
        ("eta", 0.0001, "0.0001"),
        ("eta", 1e-5, "1e-05"),
        ("scale_pos_weight", 5.9, "5.9"),
        ("seed", -7, "-7"),
        ("alpha", 10.0, "10"),
        ("lambda", 3.4e38, "3.4e+38"),
        ("objective", "binary:logistic", "binary:logistic"),
        ("save_model_on_termination", True, "true"),
        ("deterministic_histogram", False, "false"),
        ("updater", ["grow_colmaker", "prune"], "grow_colmaker,prune"),
        ("eval_metric", ["logloss", "auc"], "logloss,auc"),
        ("eval_metric", "auc", "auc"),
        ("monotone_constraints", [1, 0, -1], "(1,0,-1)"),
        ("monotone_constraints", [1], "(1,)"),
        ("monotone_constraints", "(1,0,-1)", "(1,0,-1)"),
        ("interaction_constraints", [[7]], "[[7]]"),
        ("interaction_constraints", [[1, 2], [3, 4]], "[[1,2],[3,4]]"),
    ],
)
def test_a_natural_value_becomes_the_containers_text(name: str, value: object, text: str) -> None:
    assert hyperparameter(value, name) == text
