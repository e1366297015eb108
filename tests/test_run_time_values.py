"""Lint and a real Airflow agree on which run-time values exist in which kind of run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow_world
import pytest
import yaml
from examples import ROOT

from generator.compiler import lint
from generator.expressions.run_time_template import DAG_RUN, DATE_FILTERS, NAMES, refusal
from generator.problem import Problem
from generator.project import Project

pytestmark = pytest.mark.slow

Write = Callable[[str, str], Path]

RENDER = """
import json, sys, uuid
from datetime import datetime, timezone
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param
from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

due = datetime(2026, 1, 5, 6, tzinfo=timezone.utc)
with DAG("example", params={"share": Param(1), "items": Param("all")}) as dag:
    task = EmptyOperator(task_id="task")

def context(logical_date):
    run = DagRun(
        dag_id="example", run_id="one", logical_date=logical_date, run_after=due,
        data_interval_start=logical_date, data_interval_end=logical_date, start_date=due,
        end_date=None, run_type="manual", state="running", conf=None, partition_key=None,
        consumed_asset_events=[],
    )
    return RuntimeTaskInstance.model_construct(
        id=uuid.uuid4(), task_id="task", dag_id="example", run_id="one", try_number=1, task=task,
        _ti_context_from_server=TIRunContext(dag_run=run, max_tries=1), max_tries=1,
    ).get_template_context()

def render(text, values):
    try:
        return task.render_template(text, values, task.get_template_env())
    except Exception as error:
        return f"failed: {type(error).__name__}"

runs = [context(due), context(None)]
print(json.dumps({text: [render(text, run) for run in runs] for text in json.loads(sys.argv[1])}))
"""
"""Resolve texts in a scheduled run and in one that was started over REST without a logical date."""

WARNED = [
    "{{ ds }}",
    "{{ ds_nodash }}",
    "{{ ts }}",
    "{{ ts_nodash | lower }}",
    "{{ logical_date }}",
    "{{ logical_date.year }}",
    "{{ logical_date.year | default(2025) }}",
    "{{ logical_date | ts_nodash }}",
    "s3://bucket/{{ ds }}/{{ ts_nodash }}/",
    "{{ macros.ds_add(ds, -7) }}",
    "{{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m') }}",
    "{{ params.share }}-{{ ds }}",
    "{{ params.other | default(ds) }}",
]
WITHOUT_A_CURE = [
    "{{ data_interval_start | ds }}",
    "{{ data_interval_end }}",
    "{{ dag_run.conf.day }}",
    "{{ dag_run.conf['a']['b'] | default('all') }}",
    "{{ dag_run.conf[run_id] }}",
]
SOUND = [
    *(f"{{{{ dag_run.{name} }}}}" for name in DAG_RUN),
    *(f"{{{{ dag_run.run_after | {name} }}}}" for name in DATE_FILTERS),
    "{{ dag_run.start_date | ds }}",
    "{{ dag_run['run_after'] | default('') | ds | upper }}",
    "{{ dag_run.run_after.year }}",
    "{{ macros.ds_add(dag_run.run_after | ds, -7) }}",
    "{{ ds | default('by hand') }}",
    "{{ dag_run.conf.day | default('all') }}",
    "{{ dag_run.conf['day'] | default('all') }}",
    "{{ params.share }} {{ params['share'] }} {{ params['items'] }} {{ params }}",
    "{{ run_id }}",
]
REFUSED = [
    "{{ ds | ds }}",
    "{{ run_id | ts }}",
    "{{ params.share | ds_nodash }}",
    "{{ -ds }}",
    "{{ macros.ds_add(dag_run.run_after, -7) }}",
    "{{ macros.ds_format(logical_date, '%Y', '%m') }}",
    "{{ dag_run.no_such_value }}",
]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], dict[str, Any]]:
    """Let Airflow resolve texts; the answers are for a scheduled run and one without a date."""
    home = airflow_world.home(Project(ROOT), tmp_path_factory.mktemp("airflow"))

    def render(texts: list[str]) -> dict[str, Any]:
        return airflow_world.python(home, RENDER, json.dumps(texts))

    return render


def said(project: Project, write: Write, text: str) -> list[Problem]:
    params = {
        "share": {"type": "number", "default": 1},
        "items": {"type": "string", "default": "all"},
        "other": {"type": "string", "default": "all"},
    }
    pipeline = {
        "schema_version": 1,
        "name": "example",
        "owner": "tests",
        "params": params,
        "glue": {"script": "clean.py", "arguments": {"value": text}},
    }
    write("example", yaml.safe_dump(pipeline, sort_keys=False))
    rules = ("logical-date", "run-conf", "run-time-template")
    return [problem for problem in lint(project, "local") if problem.rule in rules]


def test_what_is_warned_of_fails_without_a_logical_date_and_its_replacement_never_does(
    project: Project, write: Write, rendered: Callable[[list[str]], dict[str, Any]]
) -> None:
    cures = {}
    for text in WARNED:
        (problem,) = said(project, write, text)
        assert (problem.rule, problem.level) == ("logical-date", "warning"), text
        assert problem.replacement is not None, text
        cures[text] = yaml.safe_load(problem.replacement)
        assert said(project, write, cures[text]) == []
    answers = rendered([*WARNED, *cures.values()])
    for text, cure in cures.items():
        scheduled, by_rest = answers[text]
        assert by_rest == "failed: UndefinedError", text
        assert answers[cure] == [scheduled, scheduled]


def test_what_has_no_single_cure_is_warned_of_and_fails(
    project: Project, write: Write, rendered: Callable[[list[str]], dict[str, Any]]
) -> None:
    answers = rendered(WITHOUT_A_CURE)
    for text in WITHOUT_A_CURE:
        (problem,) = said(project, write, text)
        assert (problem.level, problem.replacement) == ("warning", None), text
        assert answers[text][1] == "failed: UndefinedError", text


def test_what_lint_passes_resolves_in_every_run(
    project: Project, write: Write, rendered: Callable[[list[str]], dict[str, Any]]
) -> None:
    answers = rendered(SOUND)
    for text in SOUND:
        assert said(project, write, text) == [], text
        assert not any("failed" in answer or "<" in answer for answer in answers[text]), text


def test_what_lint_refuses_for_its_kind_fails_in_every_run(
    project: Project, write: Write, rendered: Callable[[list[str]], dict[str, Any]]
) -> None:
    answers = rendered(REFUSED)
    for text in REFUSED:
        assert [each.rule for each in said(project, write, text)] == ["run-time-template"], text
        assert all(answer.startswith("failed") for answer in answers[text]), text


def test_a_parameter_that_is_named_like_a_function_of_dict_needs_brackets(
    rendered: Callable[[list[str]], dict[str, Any]],
) -> None:
    assert refusal("{{ params['items'] }}") is None
    assert refusal("{{ params.items }}") is not None
    assert "built-in method" in rendered(["{{ params.items }}"])["{{ params.items }}"][0]


@pytest.mark.parametrize("text", ["{{ conn.a }}", "{{ var.value.a }}", "{{ ti.xcom_pull() }}"])
def test_what_reaches_further_than_the_run_is_refused(text: str) -> None:
    assert refusal(text) is not None


def test_every_name_on_offer_is_one_that_airflow_has(
    rendered: Callable[[list[str]], dict[str, Any]],
) -> None:
    texts = [f"{{{{ {name} }}}}" for name in NAMES]
    assert not [text for text, (first, _) in rendered(texts).items() if "failed" in first]


def test_a_replacement_keeps_what_the_environment_fills_in(project: Project, write: Write) -> None:
    (problem,) = said(project, write, "s3://${{ env.data_bucket }}/{{ ds }}/")
    assert problem.replacement == '"s3://${{ env.data_bucket }}/{{ dag_run.run_after | ds }}/"'
