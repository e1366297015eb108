"""Run-time templates at their longest."""

from __future__ import annotations

import re
from typing import Any

import pytest

from generator.aws_requests.longest_run import RUN_ID, LongestRun

PARAMS = {
    "day": {"type": "string", "default": "2026-01-05"},
    "team": {"type": "string", "default": "a", "maxLength": 40},
    "how": {"type": "string", "default": "a", "enum": ["a", "much longer", "b"], "maxLength": 99},
    "share": {"type": "number", "default": 1, "minimum": 0.125, "maximum": 1},
    "settings": {"type": "object", "default": {"depth": 12}},
}


def resolved(value: Any) -> Any:
    return LongestRun("churn", PARAMS).resolved(value)


def test_a_run_id_has_every_kind_of_character_that_airflow_takes() -> None:
    assert re.fullmatch("[A-Za-z0-9_.~:+-]+", RUN_ID)  # the setting allowed_run_id_pattern
    assert resolved("{{ run_id }}") == resolved("{{ dag_run.run_id }}") == RUN_ID


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("s3://bucket/in/", "s3://bucket/in/"),
        ("{{ ds }}/{{ ds_nodash }}", "2026-09-30/20260930"),
        ("{{ ts }}", "2026-09-30T23:59:59.999999+00:00"),
        ("{{ dag_run.run_after | ts_nodash }}", "20260930T235959"),
        ("{{ data_interval_end | ds }}", "2026-09-30"),
        ("{{ logical_date }}", "2026-09-30 23:59:59.999999+00:00"),
        ("{{ macros.ds_add(ds, -7) }}", "2026-09-23"),
        ("{{ macros.ds_format(ds, '%Y-%m-%d', '%A, %d %B') }}", "Wednesday, 30 September"),
        ("{{- ds -}} {{ 'a}}b' }}", "2026-09-30a}}b"),
        ("{{ dag_run.dag_id | upper }}-{{ ti.try_number }}", "CHURN-999"),
    ],
)
def test_what_a_run_has_is_taken_at_its_longest(text: str, longest: str) -> None:
    assert resolved(text) == longest


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("{{ params.day }}", "2026-01-05"),
        ("{{ params.team }}", "x" * 40),
        ("{{ params.how }}", "much longer"),
        ("{{ params['share'] }}", "0.125"),
        ("{{ params.settings.depth }}", "12"),
    ],
)
def test_a_parameter_is_as_long_as_its_rules_allow(text: str, longest: str) -> None:
    assert resolved(text) == longest


@pytest.mark.parametrize(
    "text",
    [
        "{{ dag_run.conf['name'] }}",
        "{{ dag_run.conf.a.b | lower }}",
        "{{ params.missing }}",
        "{{ macros.ds_add('no day', 1) }}",
        "{{ macros.ds_format(ds, '%Y%Y', '%d') }}",
        "{{ 1 / 0 }}",
        "{{ 'never closed }}",
    ],
)
def test_what_cannot_be_known_is_one_character(text: str) -> None:
    assert resolved(f"{text}") == "x"


def test_a_default_stands_in_for_what_is_not_known() -> None:
    assert resolved("{{ dag_run.conf['name'] | default('all') }}") == "all"


def test_no_length_and_no_format_takes_time_or_memory() -> None:
    params = {"name": {"type": "string", "default": "a", "maxLength": 10**15}}
    text = "{{ params.name }}{{ macros.ds_format(ds, '%Y-%m-%d', '%999999999Y') }}"
    assert 1_000 < len(LongestRun("churn", params).resolved(text)) < 100_000


def test_every_text_inside_is_resolved_and_nothing_else_is_changed() -> None:
    value = {"{{ ds }}": ["{{ ds }}", 2, None, True], "b": {"c": "{{ ds_nodash }}", "d": "{e}"}}
    assert resolved(value) == {
        "{{ ds }}": ["2026-09-30", 2, None, True],
        "b": {"c": "20260930", "d": "{e}"},
    }


def test_a_task_reads_what_an_earlier_one_returned() -> None:
    run = LongestRun("churn", {})
    text = "{{ ti.xcom_pull(task_ids='train')['Training']['Name'] }}"
    run.returns("train", {"Training": {"Name": "churn-1"}})
    assert run.resolved(text) == "churn-1"
    assert run.resolved(text.replace("train", "other")) == "x"


def test_a_template_reaches_nothing_but_values() -> None:
    for text in (
        "{{ ti.__class__ }}",
        "{{ ds.__init__ }}",
        "{{ macros.uuid.os.environ }}",
        "{{ macros.ds_add.__globals__ }}",
        "{{ macros.uuid.uuid5.__globals__ }}",
        "{{ ti.xcom_pull.__self__ }}",
    ):
        assert resolved(text) == "x"
