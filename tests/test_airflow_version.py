"""The versions of Airflow on MWAA: known alike everywhere, and one meaning of a pipeline in all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT, leaves

from generator.airflow_version import NEWEST, REQUIREMENTS, VERSIONS, AirflowVersion, nearest
from generator.compiler import compile_pipeline
from generator.environment import load_environment
from generator.project import Project, schemas_folder

OLDEST = VERSIONS[0]

PIPELINE = """\
schema_version: 1
name: sales
owner: tests
schedule: {schedule}
params: {{share: {{type: number, default: 0.5}}}}
glue:
  script: clean.py
  arguments:
    day: "{{{{ dag_run.run_after | ds }}}}"
    stamp: "{{{{ dag_run['run_after'] | ts }}}}"
    share: "{{{{ params.share }}}}"
    text: dag_run.run_after
"""


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_the_provider_is_the_one_that_mwaa_pins(version: AirflowVersion) -> None:
    pins = (ROOT / "constraints" / f"mwaa-{version.name}.txt").read_text("utf-8").splitlines()
    assert f"apache-airflow-providers-amazon=={version.provider}" in pins
    assert f"apache-airflow=={version.name}" in pins


def test_what_mwaa_installs_is_what_we_develop_with() -> None:
    lines = (ROOT / "setup.cfg").read_text("utf-8").split()
    assert [each for each in REQUIREMENTS if each not in lines] == []


def test_an_environment_can_name_exactly_these_versions() -> None:
    schema = json.loads((schemas_folder() / "environment.schema.json").read_text("utf-8"))
    key = schema["properties"]["mwaa"]["properties"]["airflow_version"]
    assert key["enum"] == [version.name for version in VERSIONS]
    assert key["default"] == NEWEST.name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2.10.3", "2.11.2"),
        ("2.11.2", "2.11.2"),
        ("3.0.0", "2.11.2"),
        ("3.1.8", "3.0.6"),
        ("3.3.1rc1", "3.3.1"),
        ("4.0.0", "3.3.1"),
    ],
)
def test_another_version_is_taken_for_the_one_before_it(name: str, expected: str) -> None:
    assert nearest(name).name == expected


@pytest.fixture
def expanded(
    project: Project, write: Callable[[str, str], Path]
) -> Callable[[AirflowVersion, str], dict[str, Any]]:
    """Expand the pipeline above for a version, with a schedule."""

    def expand(version: AirflowVersion, schedule: str = "null") -> dict[str, Any]:
        file = write("sales", PIPELINE.format(schedule=schedule))
        environment, _ = load_environment(project, "local")
        assert environment is not None
        environment = replace(environment, airflow=version)
        configuration, problems = compile_pipeline(project, environment, file)
        assert configuration is not None, problems
        return dict(configuration["sales"])

    return expand


def test_airflow_2_calls_the_time_of_a_run_the_end_of_its_interval(
    expanded: Callable[..., dict[str, Any]],
) -> None:
    new, old = expanded(NEWEST), expanded(OLDEST)
    arguments = old["tasks"]["glue_prepare"]["script_args"]
    assert arguments["--day"] == "{{ dag_run.data_interval_end | ds }}"
    assert arguments["--stamp"] == "{{ dag_run.data_interval_end | ts }}"
    assert arguments["--text"] == "dag_run.run_after"
    assert "dag_run.data_interval_end.strftime" in arguments["--output"]
    assert "dag_run.run_after.strftime" in new["tasks"]["glue_prepare"]["script_args"]["--output"]


def test_airflow_2_dates_a_run_by_the_time_at_which_it_runs(
    expanded: Callable[..., dict[str, Any]],
) -> None:
    cron = '"0 6 * * MON"\nstart_date: 2026-01-05'
    assert expanded(NEWEST, cron)["schedule"] == "0 6 * * MON"
    assert expanded(OLDEST, cron)["schedule"] == {
        "__type__": "airflow.timetables.trigger.CronTriggerTimetable",
        "cron": "0 6 * * MON",
        "timezone": "UTC",
    }
    once = '"@once"\nstart_date: 2026-01-05'
    assert expanded(OLDEST, once)["schedule"] == "@once"
    assert expanded(OLDEST, "null")["schedule"] == "none"
    assert expanded(NEWEST, "null")["schedule"] is None


def test_every_version_gets_the_same_and_airflow_2_a_start_date(
    expanded: Callable[..., dict[str, Any]],
) -> None:
    newest = set(leaves(expanded(NEWEST)))
    for version in VERSIONS:
        own = set(leaves(expanded(version)))
        assert newest - own == set()
        assert own - newest == ({("start_date",)} if version.major == 2 else set())
