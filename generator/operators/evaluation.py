"""The gate before production: what a new model must reach, and the model that it would replace."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from generator.operators.production import NotComparableError, production_job
from generator.operators.refusal import ModelRefusedError
from generator.threshold import Threshold, number, threshold

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import (  # type: ignore[no-redef]
        AirflowFailException,
        AirflowSkipException,
    )

WITHOUT_PRODUCTION = "take no_worse_than_production_by out of `evaluation` for one run"


class EvaluationOperator(AwsBaseOperator[SageMakerHook]):
    """Let a training job's model pass, or refuse it.

    The provider's SageMakerConditionOperator compares numbers that somebody else has found, is
    missing before provider 9.25 (https://github.com/apache/airflow/pull/64545), and knows no model
    in production.

    ``thresholds`` maps metrics of the job (``validation:auc``) to what they must reach
    (``>= 0.85``). With ``no_worse_than_production_by`` each of them may be worse by that much
    than what the job reported whose model ``endpoint_name`` serves now. ``if_refused`` is
    ``fail`` or ``skip_deployment``, which skips what comes after.

    XCom: ``{"accepted", "metrics", "production", "refusals"}``, also of a refusal.
    """

    aws_hook_class = SageMakerHook
    template_fields: Sequence[str] = aws_template_fields("training_job", "endpoint_name")

    def __init__(
        self,
        *,
        training_job: str,
        thresholds: Mapping[str, str],
        no_worse_than_production_by: float | None = None,
        endpoint_name: str | None = None,
        if_refused: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.training_job = training_job
        self.thresholds = thresholds
        self.no_worse_than_production_by = no_worse_than_production_by
        self.endpoint_name = endpoint_name
        self.if_refused = if_refused

    def execute(self, context: Any) -> dict[str, Any]:
        asked = {metric: [threshold(text)] for metric, text in self.thresholds.items()}
        described = self.hook.describe_training_job(self.training_job)
        metrics = self._reported(described)
        refusals, production = self._beside_production(asked)
        refusals += _refusals(metrics, asked)
        self.log.info("Metrics of %s:\n%s", self.training_job, _table(metrics, production, asked))
        judgement = {
            "accepted": not refusals,
            "metrics": _as_data(metrics),
            "production": production and {**production, "metrics": _as_data(production["metrics"])},
            "refusals": refusals,
        }
        if refusals:
            context["ti"].xcom_push(key="return_value", value=judgement)
            self._refuse(refusals)
        self.log.info("The model is good enough.")
        return judgement

    def _reported(self, job: Mapping[str, Any]) -> dict[str, float]:
        """Return the metrics that are asked for; a job that lacks one fails the task."""
        metrics = _metrics(job)
        missing = [metric for metric in self.thresholds if metric not in metrics]
        if missing:
            raise AirflowFailException(
                f"Training job {self.training_job} did not report {', '.join(missing)}; it "
                f"reported {', '.join(sorted(metrics)) or 'no metric'}. Add the metric to "
                "eval_metric of `training`, or take it out of `evaluation`."
            )
        return {metric: metrics[metric] for metric in self.thresholds}

    def _beside_production(
        self, asked: dict[str, list[Threshold]]
    ) -> tuple[list[str], dict[str, Any] | None]:
        """Add to ``asked`` what production asks for; return what is in its way, and its metrics."""
        leeway = self.no_worse_than_production_by
        if leeway is None or not self.endpoint_name:
            return [], None
        try:
            job = production_job(self.hook.conn, self.endpoint_name)
            if job is None:
                self.log.info("%s serves nothing yet: nothing to compare.", self.endpoint_name)
                return [], None
            metrics = self._comparable(job)
        except NotComparableError as error:
            what = f"cannot be compared with what {self.endpoint_name} serves now: {error}"
            return [f"{what}; to deploy it anyway, {WITHOUT_PRODUCTION}"], None
        for metric, thresholds in asked.items():
            thresholds.append(thresholds[0].beside(metrics[metric], leeway))
        return [], {"training_job": job["TrainingJobName"], "metrics": metrics}

    def _comparable(self, job: Mapping[str, Any]) -> dict[str, float]:
        name, metrics = job["TrainingJobName"], _metrics(job)
        if name == self.training_job:
            self.log.info("%s serves this very model already.", self.endpoint_name)
        for metric in self.thresholds:
            if not math.isfinite(metrics.get(metric, math.nan)):
                raise NotComparableError(f"its training job {name} did not report {metric}")
        return {metric: metrics[metric] for metric in self.thresholds}

    def _refuse(self, refusals: list[str]) -> None:
        text = f"The model of training job {self.training_job} is refused: {'; '.join(refusals)}."
        if self.if_refused == "fail":
            raise ModelRefusedError(text)
        self.log.warning("%s Its deployment is skipped; what is in production stays.", text)
        raise AirflowSkipException(text)


def _metrics(job: Mapping[str, Any]) -> dict[str, float]:
    """Return the last value of each metric of a described training job."""
    reported = job.get("FinalMetricDataList", ())
    return {metric["MetricName"]: float(metric["Value"]) for metric in reported}


def _refusals(metrics: Mapping[str, float], asked: Mapping[str, list[Threshold]]) -> list[str]:
    """Return a clause for each threshold that is not reached: first is the user's own."""
    origins = ("", " to be no worse than what is in production")
    return [
        f"{metric} is {number(metrics[metric])}, and must be {each}{origin}"
        for metric, thresholds in asked.items()
        for each, origin in zip(thresholds, origins, strict=False)
        if not each.is_met(metrics[metric])
    ]


def _table(
    metrics: Mapping[str, float],
    production: Mapping[str, Any] | None,
    asked: Mapping[str, list[Threshold]],
) -> str:
    """Return the numbers as aligned lines for the log."""
    served = production["metrics"] if production else {}
    lines = [("metric", "new model", "in production", "asked for")]
    for metric, value in metrics.items():
        there = number(served[metric]) if metric in served else "-"
        needed = " and ".join(map(str, asked[metric]))
        lines.append((metric, number(value), there, needed))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _as_data(metrics: Mapping[str, float]) -> dict[str, float | str]:
    """Return metrics as JSON takes them: it knows no NaN."""
    return {name: value if math.isfinite(value) else str(value) for name, value in metrics.items()}
