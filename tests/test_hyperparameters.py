"""What lint accepts the XGBoost container trains, and what it refuses fails there."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
from training_trials import Trial, run_trials

from generator.checks.eval_metric import FITTING, KNOWN, fitting
from generator.compiler import lint
from generator.local.aws.evaluation import MAXIMIZED, MINIMIZED
from generator.local.aws.hyperparameters import UserError, validate
from generator.problem import Problem
from generator.project import Project, schemas_folder
from generator.stages.training import hyperparameter
from generator.xgboost_images import versions

SCHEMA = json.loads((schemas_folder() / "xgboost.schema.json").read_text("utf-8"))
ABOUT: dict[str, dict[str, Any]] = SCHEMA["properties"]
OBJECTIVES: list[str] = ABOUT["objective"]["enum"]
Values = dict[str, Any]

PIPELINE = """\
schema_version: 1
name: {name}
owner: tests
training:
  instance_type: ml.g5.xlarge
  version: "{version}"
  hyperparameters: {hyperparameters}
  channels:
    train: {{source: s3://bucket/train/, content_type: text/libsvm}}
    validation: {{source: s3://bucket/validation/, content_type: text/libsvm}}
"""


def problems(project: Project, version: str, cases: list[Values]) -> list[list[Problem]]:
    """Return what lint says about each of the hyperparameters."""
    for number, values in enumerate(cases):
        text = PIPELINE.format(
            name=f"case-{number}", version=version, hyperparameters=json.dumps(values)
        )
        (project.pipelines / f"case-{number}.yaml").write_text(text)
    found: dict[str, list[Problem]] = {}
    for problem in lint(project, "local"):
        found.setdefault(problem.file, []).append(problem)
    return [found.get(f"pipelines/case-{number}.yaml", []) for number in range(len(cases))]


def rendered(values: Values) -> Trial:
    return {name: hyperparameter(value, name) for name, value in values.items()}


def is_refused(said: list[Problem]) -> bool:
    return any(problem.level == "error" for problem in said)


@pytest.mark.parametrize("version", versions())
def test_every_objective_trains_with_its_own_metric_and_with_all_that_lint_accepts(
    project: Project, version: str
) -> None:
    metrics = [*KNOWN, "error@0.7", "map@5", "ndcg@10"]
    cases = [{"num_round": 2, "objective": objective} for objective in OBJECTIVES]
    for case in cases:
        if str(case["objective"]).startswith("multi:"):
            case["num_class"] = 3
    accepted = [
        case
        for case, said in zip(cases, problems(project, version, cases), strict=True)
        if not is_refused(said)
    ]
    measured = [case | {"eval_metric": metrics} for case in accepted]
    for case, said in zip(measured, problems(project, version, measured), strict=True):
        refused = {problem.path for problem in said if problem.level == "error"}
        where = "training.hyperparameters.eval_metric[{}]"
        case["eval_metric"] = [
            metric for index, metric in enumerate(metrics) if where.format(index) not in refused
        ]
    trials = [rendered(case) for case in [*accepted, *measured]]
    answers = run_trials(version, trials)
    assert len(accepted) >= 17
    for trial, answer in zip(trials, answers, strict=True):
        assert "error" not in answer, trial
        assert set(trial.get("eval_metric", "").split(",")) - {""} <= set(answer["metrics"])
        assert all(math.isfinite(float(score)) for score in answer["metrics"].values()), answer


SQUARED = {"objective": "reg:squarederror"}
BINARY = {"objective": "binary:logistic"}
STOPPING = BINARY | {"early_stopping_rounds": 2}
EXACT = SQUARED | {"tree_method": "exact"}
FIRST, SECOND, THIRD = versions()

REFUSED: list[tuple[Values, tuple[str, ...]]] = [
    ({"eval_metric": "rmse"}, versions()),
    ({"objective": "survival:aft"}, versions()),
    ({"objective": "multi:softprob"}, versions()),
    (BINARY | {"num_class": 3}, versions()),
    (BINARY | {"eval_metric": "logloss, auc"}, versions()),
    (BINARY | {"eval_metric": "acuracy"}, versions()),
    ({"objective": "reg:tweedie", "eval_metric": "tweedie-nloglik"}, versions()),
    (SQUARED | {"eval_metric": "auc"}, versions()),
    (SQUARED | {"eval_metric": "aft-nloglik"}, versions()),
    (SQUARED | {"eval_metric": "mlogloss"}, versions()),
    ({"objective": "multi:softprob", "num_class": 3, "eval_metric": "logloss"}, versions()),
    ({"objective": "multi:softmax", "num_class": 3, "eval_metric": "rmse"}, versions()),
    (STOPPING | {"eval_metric": "error@.70"}, versions()),
    (STOPPING | {"eval_metric": "error@0.5"}, versions()),
    (STOPPING | {"eval_metric": "auc", "booster": "gblinear"}, versions()),
    (SQUARED | {"monotone_constraints": [1, 0, -1]}, versions()),
    (SQUARED | {"monotone_constraints": [1], "tree_method": "approx"}, versions()),
    (SQUARED | {"interaction_constraints": [[1, 2]], "tree_method": "auto"}, versions()),
    (SQUARED | {"interaction_constraints": [[0, 1]], "tree_method": "hist"}, versions()),
    (SQUARED | {"max_depth": 0}, (FIRST,)),
    (EXACT | {"max_depth": 0}, versions()),
    (EXACT | {"colsample_bynode": 0.5}, (SECOND, THIRD)),
    (EXACT | {"sampling_method": "gradient_based", "subsample": 0.5}, versions()),
    (SQUARED | {"sampling_method": "gradient_based", "subsample": 0.5}, (FIRST, SECOND)),
    (SQUARED | {"tree_method": "gpu_hist"}, (THIRD,)),
    (SQUARED | {"max_bin": 1, "tree_method": "hist"}, versions()),
    (SQUARED | {"updater": ["prune", "grow_colmaker"]}, versions()),
    (SQUARED | {"updater": ["grow_colmaker", "grow_histmaker"]}, versions()),
    (SQUARED | {"updater": ["grow_colmaker", "sync"]}, (FIRST,)),
    (SQUARED | {"updater": "shotgun"}, versions()),
    (SQUARED | {"updater": "prune", "booster": "gblinear"}, versions()),
    (SQUARED | {"updater": ["shotgun", "coord_descent"], "booster": "gblinear"}, versions()),
    (SQUARED | {"process_type": "update", "updater": "refresh"}, versions()),
    (BINARY | {"base_score": 1}, (FIRST, SECOND)),
    (BINARY | {"base_score": 1.5}, versions()),
    ({"objective": "reg:gamma", "base_score": 0}, (THIRD,)),
    (SQUARED | {"gamma": 1e39}, versions()),
    (SQUARED | {"max_leaves": 2**31}, versions()),
    (SQUARED | {"eta": 1.1}, versions()),
    (SQUARED | {"device": "cuda"}, versions()),
]
"""Hyperparameters that lint refuses, and the container versions in which they fail."""


@pytest.mark.parametrize("version", versions())
def test_what_lint_refuses_fails_in_the_container(project: Project, version: str) -> None:
    cases = [{"num_round": 2} | values for values, where in REFUSED if version in where]
    for case, said in zip(cases, problems(project, version, cases), strict=True):
        assert is_refused(said), case
    answers = run_trials(version, [rendered(case) for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        assert "error" in answer, case


LINEAR = SQUARED | {"booster": "gblinear", "updater": "coord_descent", "nthread": 1}
NO_EFFECT: list[tuple[Values, Values, tuple[str, ...]]] = [
    *(
        (SQUARED, {name: value}, versions())
        for name, value in {
            "aft_loss_distribution": "extreme",
            "aft_loss_distribution_scale": 2,
            "deterministic_histogram": False,
            "lambda_bias": 1,
            "normalize_type": "forest",
            "one_drop": 1,
            "prob_buffer_row": 9,
            "rate_drop": 0.5,
            "refresh_leaf": 0,
            "sample_type": "weighted",
            "sketch_eps": 0.5,
            "skip_drop": 0.5,
            "tweedie_variance_power": 1.9,
        }.items()
    ),
    *(
        (LINEAR, {name: value}, versions())
        for name, value in {
            "colsample_bylevel": 0.5,
            "colsample_bynode": 0.5,
            "colsample_bytree": 0.5,
            "gamma": 9,
            "grow_policy": "lossguide",
            "max_bin": 2,
            "max_delta_step": 0.1,
            "max_depth": 1,
            "max_leaves": 2,
            "min_child_weight": 99,
            "num_parallel_tree": 3,
            "process_type": "update",
            "subsample": 0.5,
            "tree_method": "exact",
        }.items()
    ),
    (EXACT, {"max_leaves": 2}, versions()),
    (EXACT, {"max_bin": 2}, versions()),
    (EXACT, {"grow_policy": "lossguide"}, versions()),
    (SQUARED | {"updater": "grow_colmaker"}, {"tree_method": "hist"}, versions()),
    (SQUARED, {"predictor": "gpu_predictor"}, (SECOND, THIRD)),
    (SQUARED, {"dsplit": "col"}, (SECOND, THIRD)),
    *(
        ({"objective": objective}, {"scale_pos_weight": 9}, versions())
        for objective in OBJECTIVES
        if objective.startswith(("rank:", "count:", "survival:cox"))
        or objective in ("binary:hinge", "reg:tweedie")
        or objective in ("reg:absoluteerror", "reg:pseudohubererror")
    ),
    ({"objective": "multi:softprob", "num_class": 3}, {"scale_pos_weight": 9}, versions()),
]
"""Hyperparameters, another one that does nothing beside them, and in which container versions."""


@pytest.mark.parametrize("version", versions())
def test_what_lint_says_has_no_effect_leaves_the_predictions_as_they_are(
    project: Project, version: str
) -> None:
    rows = [(base, other) for base, other, where in NO_EFFECT if version in where]
    without = [{"num_round": 3} | base for base, _ in rows]
    cases = [case | other for case, (_, other) in zip(without, rows, strict=True)]
    for (_, other), said in zip(rows, problems(project, version, cases), strict=True):
        (name,) = other
        warned = {problem.path for problem in said if problem.rule == "no-effect"}
        assert f"training.hyperparameters.{name}" in warned, (other, said)
    answers = run_trials(version, [rendered(case) for case in [*without, *cases]])
    for row, before, after in zip(rows, answers, answers[len(rows) :], strict=False):
        assert before == after, row
        assert "error" not in after, row


def test_early_stopping_by_a_metric_with_a_number_keeps_the_worst_model() -> None:
    stumps = {"objective": "binary:logistic", "num_round": "9", "max_depth": "1"}
    stopping = stumps | {"early_stopping_rounds": "2"}
    by_number, by_name = run_trials(
        THIRD, [stopping | {"eval_metric": "ndcg@50"}, stopping | {"eval_metric": "ndcg"}]
    )
    assert len(set(by_number["predictions"])) == 2  # the first tree alone
    assert len(set(by_name["predictions"])) > 2


def candidates(about: dict[str, Any]) -> Iterator[Any]:
    """Yield values of a hyperparameter: right ones, and some that may be wrong."""
    yield from about["examples"]
    yield from about.get("enum", ())
    for limit in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if limit in about:
            yield from (about[limit], about[limit] - 1, about[limit] + 1)
    yield from (0.5, 2, 2.0, 1e-5, True, "True", "2", "auc , rmse", [1], ["hist"])


def test_what_lint_accepts_the_container_accepts_too(project: Project) -> None:
    chance = random.Random(11)
    choices = {name: list(candidates(about)) for name, about in ABOUT.items()}
    choices["eval_metric"] += [[metric] for metric in [*KNOWN, "error@-1.5", "ndcg@3", "f1@2"]]
    cases = []
    for _ in range(1_000):
        names = chance.sample(sorted(ABOUT), k=chance.randint(0, 4))
        case = {"num_round": 10, "objective": chance.choice(OBJECTIVES)}
        case |= {name: chance.choice(choices[name]) for name in names}
        if chance.random() < 0.5 and str(case["objective"]).startswith("multi:"):
            case["num_class"] = 3
        if chance.random() < 0.2:
            del case["objective"]
        cases.append(case)
    accepted = 0
    for case, said in zip(cases, problems(project, THIRD, cases), strict=True):
        if is_refused(said):
            continue
        accepted += 1
        try:
            validate(rendered(case))
        except UserError as refusal:
            pytest.fail(f"lint accepts {case}, the container says: {refusal}")
    assert 150 < accepted < 850


@pytest.mark.parametrize("name", [name for name in ABOUT if name not in ("num_class", "updater")])
def test_every_example_becomes_what_the_container_reads(name: str) -> None:
    for example in ABOUT[name]["examples"]:
        case = {"num_round": 10, "objective": "binary:logistic", "tree_method": "hist"}
        case |= {"num_class": 2} if "multi" in str(example) else {}
        validate(rendered(case | {name: example}))


def test_lint_knows_every_metric_of_the_container() -> None:
    assert set(KNOWN) == (MAXIMIZED | MINIMIZED) - {"tweedie-nloglik"}
    offered = ABOUT["eval_metric"]["items"]["examples"]
    assert set(offered) <= {*KNOWN, "error@0.7"}


def test_every_objective_has_metrics() -> None:
    assert all(fitting(objective) for objective in OBJECTIVES)
    families = {objective.partition(":")[0] for objective in OBJECTIVES} | set(OBJECTIVES)
    assert set(FITTING) <= families


def test_every_hyperparameter_has_limits_and_a_meaning() -> None:
    for name, about in ABOUT.items():
        limited = {"enum", "pattern", "minimum", "exclusiveMinimum", "items"} & about.keys()
        assert limited or about["type"] == "boolean", name
        assert len(about["description"]) > 40, name
