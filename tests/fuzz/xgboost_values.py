"""A hypothesis strategy for hyperparameters that the XGBoost containers accept together."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from schema_values import Strategy, other_keys, values, whole_schema

from generator.checks.algorithm import ALIASES
from generator.checks.eval_metric import fitting
from generator.checks.tree_method import CONSTRAINTS

_SCHEMA = whole_schema("xgboost.schema.json")
_CONDITIONAL = {
    *("base_score", "booster", "colsample_bynode", "early_stopping_rounds", "eval_metric"),
    *("max_depth", "num_class", "num_round", "objective", "process_type", "sampling_method"),
    *("tree_method", "updater", "use_dask_gpu_training", *CONSTRAINTS),
}
_FREE = values(other_keys(_SCHEMA, *_CONDITIONAL))
# The container has no data format for the labels of survival:aft.
_OBJECTIVES = [
    name for name in _SCHEMA["properties"]["objective"]["enum"] if name != "survival:aft"
]
_LINEAR = st.sampled_from(["shotgun", "coord_descent", ["shotgun"], ["coord_descent"]])
_GROWING = st.sampled_from(["grow_histmaker", ["grow_colmaker", "prune"], "grow_histmaker,prune"])


@st.composite
def hyperparameters(draw: st.DrawFn, version: str, watched: bool) -> dict[str, Any]:
    """Return hyperparameters for a container ``version``.

    ``watched`` says that there is a validation channel, without which nothing stops early.
    """
    fits = [name for name in _OBJECTIVES if (version, name) != ("1.7-1", "reg:absoluteerror")]
    objective = draw(st.sampled_from(fits))
    booster = draw(st.sampled_from([None, "gbtree", "dart", "gblinear"]))
    free = draw(_FREE)
    chosen = {
        "num_round": draw(st.integers(1, 10_000)),
        "objective": objective,
        **{name: value for name, value in free.items() if ALIASES.get(name) not in free},
        **({"booster": booster} if booster else {}),
        **({"num_class": draw(st.integers(2, 100))} if objective.startswith("multi:") else {}),
        **draw(st.fixed_dictionaries({}, optional={"base_score": st.floats(0.01, 0.99)})),
        **draw(_metrics(objective, watched and booster != "gblinear")),
    }
    if booster == "gblinear":
        return chosen | draw(st.fixed_dictionaries({}, optional={"updater": _LINEAR}))
    return chosen | draw(_trees(version))


@st.composite
def _metrics(draw: st.DrawFn, objective: str, watched: bool) -> dict[str, Any]:
    known = [name for name in fitting(objective) if name != "tweedie-nloglik"]
    thresholds = [f"{name}@0.7" for name in known if name == "error"]
    metrics = draw(st.lists(st.sampled_from(known + thresholds), unique=True, max_size=3))
    if not metrics:
        return {}
    stop = draw(st.none() | st.integers(1, 100)) if watched else None
    written = draw(st.sampled_from([metrics, ",".join(metrics)]))
    return {"eval_metric": written} | ({"early_stopping_rounds": stop} if stop else {})


@st.composite
def _trees(draw: st.DrawFn, version: str) -> dict[str, Any]:
    """Return a way to grow trees, with what goes only with that."""
    method = draw(st.sampled_from([None, "auto", "exact", "approx", "hist"]))
    updater = draw(st.none() | _GROWING) if method in (None, "auto") else None
    exactly = method == "exact" or updater is not None or (version == "1.7-1" and method != "hist")
    possible: dict[str, Strategy] = {
        "max_depth": st.integers(1 if exactly else 0, 20),
        "sampling_method": st.just("uniform"),
        **({} if exactly else {"colsample_bynode": st.floats(0.1, 1)}),
        **{
            name: values(_SCHEMA["properties"][name])
            for name, methods in CONSTRAINTS.items()
            if method in methods
        },
    }
    if version == "3.2-0" and method in ("approx", "hist"):
        possible["sampling_method"] = st.sampled_from(["uniform", "gradient_based"])
    chosen = {"tree_method": method, "updater": updater}
    rest = draw(st.fixed_dictionaries({}, optional=possible))
    return {name: value for name, value in chosen.items() if value is not None} | rest
