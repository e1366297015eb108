"""Every pipeline there is, loaded by the real Airflow of each version of MWAA."""

from __future__ import annotations

from typing import Any

import pytest
from mwaa_airflow import MwaaAirflow

from generator.airflow_version import AirflowVersion
from generator.compiler import judge
from generator.environment import load_environment
from generator.project import Project
from generator.verdict import Verdict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(reader: MwaaAirflow) -> dict[str, Any]:
    """What that version of Airflow makes of the corpus."""
    return reader.inspect(PYTHONHASHSEED="1")


@pytest.fixture(scope="module")
def verdicts(corpus: Project, version: AirflowVersion) -> list[Verdict]:
    """What lint says about the corpus for this version."""
    environment, problems = load_environment(corpus, "local")
    assert environment is not None, problems
    assert environment.airflow == version
    return list(judge(corpus, environment))


def expected_tasks(verdict: Verdict) -> dict[str, Any]:
    """Return operator and upstream tasks of each task in the configuration of a pipeline."""
    assert verdict.configuration is not None
    ((_, dag),) = verdict.configuration.items()
    return {
        name: (task["operator"], sorted(task["dependencies"]))
        for name, task in dag["tasks"].items()
    }


def test_it_loads_what_lint_passes(found: dict[str, Any], verdicts: list[Verdict]) -> None:
    valid = {each.file.stem: expected_tasks(each) for each in verdicts if each.configuration}
    loaded = {
        dag: {name: (task["operator"], task["upstream"]) for name, task in about["tasks"].items()}
        for dag, about in found["dags"].items()
    }
    assert loaded == valid
    assert {"customer-churn", "valid-every-key", "valid-run-time-templates"} <= set(valid)


def test_it_says_what_lint_says(found: dict[str, Any], verdicts: list[Verdict]) -> None:
    errors = sorted({p for each in verdicts for p in each.problems if p.level == "error"})
    ((file, said),) = found["errors"].items()
    assert file.endswith("dags/pipeline_errors.py")
    assert said.partition("PipelineError: ")[2].strip() == "\n".join(map(str, errors)).strip()


def test_nothing_of_ours_is_deprecated(found: dict[str, Any]) -> None:
    assert found["warnings"] == []


def test_every_process_makes_the_same_dags(found: dict[str, Any], reader: MwaaAirflow) -> None:
    assert hashes(reader.inspect(PYTHONHASHSEED="2")) == hashes(found)


def test_a_cron_schedule_dates_a_run_by_the_time_at_which_it_runs(found: dict[str, Any]) -> None:
    monday = "2026-01-05T06:00:00+00:00"
    assert found["dags"]["customer-churn"]["first_run"] == [monday, monday]


def test_a_pipeline_without_a_schedule_runs_only_when_it_is_asked_to(
    found: dict[str, Any],
) -> None:
    assert found["dags"]["valid-glue-only"]["first_run"] is None


def test_the_dag_processor_keeps_the_good_ones_scheduled_and_shows_one_error(
    reader: MwaaAirflow, verdicts: list[Verdict]
) -> None:
    reader.process_dags()
    active = "is_stale = 0" if "is_stale" in columns(reader, "dag") else "is_active = 1"
    healthy = f"SELECT dag_id FROM dag WHERE {active} AND has_import_errors = 0"
    valid = sorted(each.file.stem for each in verdicts if each.configuration)
    assert sorted(dag for (dag,) in reader.rows(healthy)) == valid
    ((file,),) = reader.rows("SELECT filename FROM import_error")
    assert file.endswith("pipeline_errors.py")
    serialized = reader.rows("SELECT dag_id FROM serialized_dag")
    assert sorted(dag for (dag,) in serialized) == valid


def hashes(found: dict[str, Any]) -> dict[str, str]:
    """Return what Airflow tells by whether a DAG has changed."""
    return {dag: about["hash"] for dag, about in found["dags"].items()}


def columns(airflow: MwaaAirflow, table: str) -> set[str]:
    return {row[1] for row in airflow.rows(f"PRAGMA table_info({table})")}
