"""The gate before production, on real training jobs of the emulated AWS."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from gate_world import TaskInstance, World, world

from generator.operators.evaluation import (
    AirflowFailException,
    AirflowSkipException,
    EvaluationOperator,
    ModelRefusedError,
)
from generator.threshold import threshold

AUC, LOGLOSS = "validation:auc", "validation:logloss"
EASY = {AUC: ">= 0.6", LOGLOSS: "< 0.9"}


@pytest.fixture(scope="module")
def gate() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture(scope="module")
def weak(gate: World) -> str:
    """The job of a poor model, which reports one metric more than the other."""
    return gate.train(rounds=1, metrics="logloss,auc,error")


@pytest.fixture(scope="module")
def strong(gate: World) -> str:
    return gate.train(rounds=20)


@pytest.fixture(scope="module")
def production(gate: World, strong: str) -> str:
    """An endpoint that serves the strong model."""
    return gate.serve(gate.artifact(strong))


def evaluate(job: str, thresholds: dict[str, str], **more: Any) -> tuple[Any, str]:
    """The judgement, from XCom if the model is refused, and the text of what was raised."""
    operator = EvaluationOperator(
        task_id="evaluate", training_job=job, thresholds=thresholds, **more
    )
    ti = TaskInstance()
    try:
        return operator.execute({"ti": ti}), ""
    except (ModelRefusedError, AirflowSkipException) as error:
        return ti.pushed["return_value"], str(error)


def test_a_model_that_reaches_every_threshold_passes(strong: str) -> None:
    judgement, _ = evaluate(strong, EASY)
    assert judgement["accepted"]
    assert judgement["refusals"] == []
    assert judgement["production"] is None
    assert set(judgement["metrics"]) == {AUC, LOGLOSS}


def test_a_refusal_has_its_numbers_in_the_error_and_in_xcom(weak: str) -> None:
    judgement, said = evaluate(weak, {AUC: ">= 0.999", LOGLOSS: "< 0.9"})
    value = judgement["metrics"][AUC]
    clause = f"{AUC} is {value:.9g}, and must be >= 0.999"
    assert judgement["refusals"] == [clause]
    assert not judgement["accepted"]
    assert said == f"The model of training job {weak} is refused: {clause}."


def test_a_refusal_can_skip_the_deployment_instead(weak: str) -> None:
    operator = EvaluationOperator(
        task_id="evaluate",
        training_job=weak,
        thresholds={AUC: ">= 0.999"},
        if_refused="skip_deployment",
    )
    with pytest.raises(AirflowSkipException, match=r"must be >= 0\.999"):
        operator.execute({"ti": TaskInstance()})


def test_a_metric_that_the_job_did_not_report_fails_and_names_those_it_did(strong: str) -> None:
    with pytest.raises(AirflowFailException) as raised:
        evaluate(strong, {"validation:f1": "> 0.5"}, if_refused="skip_deployment")
    assert not isinstance(raised.value, ModelRefusedError)
    assert "did not report validation:f1" in str(raised.value)
    assert "train:auc, train:logloss, validation:auc, validation:logloss" in str(raised.value)


@pytest.mark.parametrize("metric", [AUC, LOGLOSS])
def test_a_worse_model_than_the_one_in_production_is_refused(
    weak: str, strong: str, production: str, metric: str
) -> None:
    judgement, said = evaluate(
        weak,
        {metric: EASY[metric]},
        endpoint_name=production,
        no_worse_than_production_by=0.001,
    )
    assert not judgement["accepted"]
    assert judgement["production"]["training_job"] == strong
    assert f"{metric} is {judgement['metrics'][metric]:.9g}, and must be" in said
    assert said.endswith("to be no worse than what is in production.")


def test_a_model_that_is_worse_by_no_more_than_the_leeway_passes(
    weak: str, production: str, capsys: pytest.CaptureFixture[str]
) -> None:
    judgement, _ = evaluate(weak, EASY, endpoint_name=production, no_worse_than_production_by=0.5)
    assert judgement["accepted"]
    new, old = judgement["metrics"][AUC], judgement["production"]["metrics"][AUC]
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(AUC))
    assert line.split() == [
        AUC,
        f"{new:.9g}",
        f"{old:.9g}",
        ">=",
        "0.6",
        "and",
        ">=",
        line.split()[-1],
    ]


def test_the_leeway_is_what_was_written_to_the_last_digit(strong: str, production: str) -> None:
    judgement, _ = evaluate(strong, EASY, endpoint_name=production, no_worse_than_production_by=0)
    assert judgement["accepted"]
    assert threshold(">= 0").beside(0.92, 0.01).is_met(0.91)
    assert not threshold(">= 0").beside(0.92, 0.01).is_met(0.9099999)


def test_a_retry_after_the_deployment_passes_again(
    strong: str, production: str, capsys: pytest.CaptureFixture[str]
) -> None:
    judgement, _ = evaluate(
        strong, EASY, endpoint_name=production, no_worse_than_production_by=0.01
    )
    assert judgement["accepted"]
    assert f"{production} serves this very model already" in capsys.readouterr().out


def test_before_the_first_deployment_there_is_nothing_to_compare(
    weak: str, capsys: pytest.CaptureFixture[str]
) -> None:
    judgement, _ = evaluate(weak, EASY, endpoint_name="not-there", no_worse_than_production_by=0)
    assert judgement["accepted"]
    assert "not-there serves nothing yet: nothing to compare." in capsys.readouterr().out


def test_an_endpoint_that_never_served_is_nothing_to_compare(gate: World, weak: str) -> None:
    gate.aws.s3.put_object(Bucket="bucket", Key="broken/model.tar.gz", Body=b"no archive")
    failed = gate.serve("s3://bucket/broken/model.tar.gz")
    assert gate.settle(failed) == "Failed"
    judgement, _ = evaluate(weak, EASY, endpoint_name=failed, no_worse_than_production_by=0)
    assert judgement["accepted"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("uploaded/model.tar.gz", "was not made by a training job"),
        ("models/gone/output/model.tar.gz", "the training job gone of its model is gone"),
    ],
)
def test_a_model_without_a_training_job_cannot_be_compared_and_is_said_what_to_do(
    gate: World, strong: str, key: str, reason: str
) -> None:
    source = gate.artifact(strong).removeprefix("s3://bucket/")
    gate.aws.s3.copy_object(Bucket="bucket", Key=key, CopySource=f"bucket/{source}")
    endpoint = gate.serve(f"s3://bucket/{key}")
    judgement, said = evaluate(
        strong, EASY, endpoint_name=endpoint, no_worse_than_production_by=0.01
    )
    assert not judgement["accepted"]
    assert reason in said
    assert "take no_worse_than_production_by out of `evaluation` for one run" in said


def test_production_that_did_not_report_the_metric_cannot_be_compared(
    weak: str, strong: str, production: str
) -> None:
    thresholds = {"validation:error": "< 0.9"}
    judgement, said = evaluate(
        weak, thresholds, endpoint_name=production, no_worse_than_production_by=0.01
    )
    assert not judgement["accepted"]
    assert f"its training job {strong} did not report validation:error" in said


def test_what_is_no_number_reaches_no_threshold() -> None:
    for text in (">= -1", "> -1", "<= 1", "< 1"):
        assert not threshold(text).is_met(math.nan)
        assert not threshold(text).is_met(math.inf)


@pytest.mark.parametrize("text", ["0.85", "=> 1", ">= x", ">=", "", "> 1 2"])
def test_what_is_no_threshold_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is not a comparison and a number"):
        threshold(text)
