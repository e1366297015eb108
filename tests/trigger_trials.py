"""What the function of infra/trigger must do with a real Airflow, version 2 or 3 alike.

Airflow has the pipeline of `write_pipeline` and answers for the environment `local` of an emulated
MWAA. Nobody switches the pipeline on, so that its runs wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from lambda_function import Context, event, loaded

from generator.project import Project

# The longest name that there can be: with it, a path is as long as InvokeRestApi allows.
PIPELINE = "starts-when-something-arrives-in-a-bucket-of-yours"
SOURCE = {"source": "s3://{detail.bucket.name}/{detail.object.key}"}
TEXT = f"""\
schema_version: 1
name: {PIPELINE}
owner: tests
params:
  source: {{type: string, default: s3://nowhere/}}
  rows: {{type: integer, default: 10, minimum: 1}}
glue:
  script: split.py
  arguments:
    source: "{{{{ params.source }}}}"
    seed: "{{{{ params.rows }}}}"
"""


def write_pipeline(project: Project) -> None:
    """Put the pipeline into `project`."""
    (project.pipelines / f"{PIPELINE}.yaml").write_text(TEXT, "utf-8")


class Triggered:
    """The function, the emulated MWAA that it calls, and the runs that come of it."""

    def __init__(self, aws: Mapping[str, str]) -> None:
        self._variables = {**aws, "MWAA_ENVIRONMENT": "local"}
        self._mwaa = boto3.client(
            "mwaa",
            endpoint_url=aws["AWS_ENDPOINT_URL"],
            region_name=aws["AWS_DEFAULT_REGION"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(inject_host_prefix=False),
        )

    def start(self, **given: Any) -> dict[str, Any]:
        """Invoke the function with an input of the rule for objects; `given` replaces parts."""
        with self._function() as modules:
            return dict(modules["trigger"].handler(_input(given), Context()))

    def refusal(self, **given: Any) -> str:
        """Return the one sentence that the function fails with."""
        with (
            self._function() as modules,
            pytest.raises(modules["trigger_error"].TriggerError) as caught,
        ):
            modules["trigger"].handler(_input(given), Context())
        return str(caught.value)

    @contextmanager
    def _function(self) -> Iterator[dict[str, Any]]:
        with pytest.MonkeyPatch.context() as patch, loaded() as modules:
            for name, value in self._variables.items():
                patch.setenv(name, value)
            yield modules

    def runs(self) -> dict[str, Any]:
        """Return Airflow's runs of the pipeline by their ids."""
        found = self.call("GET", f"/dags/{PIPELINE}/dagRuns")
        return {run["dag_run_id"]: run for run in found["dag_runs"]}

    def call(self, method: str, path: str, **more: Any) -> Any:
        """Call Airflow through MWAA, as anybody does."""
        answer = self._mwaa.invoke_rest_api(Name="local", Method=method, Path=path, **more)
        assert answer["RestApiStatusCode"] == 200
        return answer["RestApiResponse"]

    def has_pipeline(self) -> bool:
        """Whether Airflow has the pipeline already."""
        try:
            self.call("GET", f"/dags/{PIPELINE}/details")
        except self._mwaa.exceptions.RestApiClientException:
            return False
        return True

    def close(self) -> None:
        self._mwaa.close()


def _input(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"pipeline": PIPELINE, "conf": SOURCE, "event": event(), **given}


def an_event_starts_a_run_with_its_date_and_conf(triggered: Triggered) -> None:
    answer = triggered.start(event=event(id="first"))
    run = triggered.runs()["event-first"]
    assert answer["started"] is True
    assert answer["logical_date"].startswith("2026-11-12T06:30:00.")
    assert _same(run["logical_date"], answer["logical_date"])
    assert run["conf"] == {"source": "s3://incoming/churn/november.csv"}
    assert (run["state"], run["run_type"]) == ("queued", "manual")


def a_second_delivery_starts_nothing(triggered: Triggered) -> None:
    first = triggered.start(event=event(id="twice"))
    before = triggered.runs()
    second = triggered.start(event=event(id="twice"))
    assert (first["started"], second["started"]) == (True, False)
    assert first["logical_date"] == second["logical_date"]
    assert triggered.runs() == before


def two_events_of_one_second_start_two_runs(triggered: Triggered) -> None:
    triggered.start(event=event(id="one"))
    triggered.start(event=event(id="other"))
    assert {"event-one", "event-other"} <= set(triggered.runs())


def a_date_that_another_run_has_is_left_to_it(triggered: Triggered) -> None:
    with loaded() as modules:
        read = modules["request"].read
        date = read({"pipeline": PIPELINE, "event": event(id="late")}).logical_date()
    body = {"dag_run_id": "by-hand", "logical_date": date, "conf": {}}
    triggered.call("POST", f"/dags/{PIPELINE}/dagRuns", Body=body)
    first = triggered.start(event=event(id="late"))
    second = triggered.start(event=event(id="late"))
    assert (first["started"], second["started"]) == (True, False)
    assert first["logical_date"] == second["logical_date"] != date
    assert {"by-hand", "event-late"} <= set(triggered.runs())


def without_conf_the_params_keep_their_defaults(triggered: Triggered) -> None:
    triggered.start(conf=None, event=event(id="scheduled"))
    assert "event-scheduled" in triggered.runs()


def a_key_that_is_no_param_is_refused(triggered: Triggered) -> None:
    sentence = triggered.refusal(conf={"sorce": "x"}, event=event(id="key"))
    assert sentence == (
        f"conf has the key 'sorce', which is no param of '{PIPELINE}' (did you mean 'source'?)"
    )
    assert "event-key" not in triggered.runs()


def a_value_that_a_param_does_not_allow_is_refused_by_airflow(triggered: Triggered) -> None:
    for value, reason in (
        ("many", "'many' is not of type 'integer'"),
        (0, "less than the minimum"),
    ):
        sentence = triggered.refusal(conf={"rows": value}, event=event(id="value"))
        assert sentence.startswith(f"Airflow refused to start '{PIPELINE}' (400): ")
        assert reason in sentence
    assert "event-value" not in triggered.runs()


def a_pipeline_that_is_not_there_is_refused(triggered: Triggered) -> None:
    sentence = triggered.refusal(pipeline="nothing", event=event(id="nothing"))
    assert sentence.startswith("MWAA environment 'local' has no pipeline 'nothing'")


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same time: Airflow 3 writes Z, Airflow 2 writes +00:00."""
    return one.replace("Z", "+00:00") == other


TRIALS: tuple[Callable[[Triggered], None], ...] = (
    an_event_starts_a_run_with_its_date_and_conf,
    a_second_delivery_starts_nothing,
    two_events_of_one_second_start_two_runs,
    a_date_that_another_run_has_is_left_to_it,
    without_conf_the_params_keep_their_defaults,
    a_key_that_is_no_param_is_refused,
    a_value_that_a_param_does_not_allow_is_refused_by_airflow,
    a_pipeline_that_is_not_there_is_refused,
)
