"""Who calls the notices back: what the DAG says, and what all of Airflow does."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import airflow_parts
import pytest
from alerts_topic import Received, aws, topic
from examples import empty_project, share_database

from generator import airflow_version
from generator.airflow_version import VERSIONS
from generator.aws_requests.permissions import Place, of_airflow
from generator.build import build
from generator.local.airflow import AirflowHome
from generator.local.aws.server import EmulatedAws
from generator.local.processes import Processes
from generator.notices import notices
from generator.operators.notice import FailedTaskNotice, RefusedModelNotice, SucceededRunNotice
from generator.operators.notice_text import UNKNOWN
from generator.pipeline import Pipeline
from generator.stages.evaluation import Evaluation
from generator.template import OMIT

__all__ = ["aws", "topic"]


SKIPS = Evaluation({"validation:auc": "> 0.5"}, if_refused="skip_deployment")


def asked(version: str, *stages: Any, **notify: str) -> dict[str, Any]:
    """The callbacks of a pipeline on one version of Airflow."""
    pipeline = Pipeline("churn", owner="me", stages=stages, notify=notify)
    version_ = airflow_version.nearest(version)
    env = {"region": "us-east-1"}
    return notices({"pipeline": pipeline, "airflow": version_, "env": env, "omit": OMIT})


@pytest.mark.parametrize("version", [version.name for version in VERSIONS])
def test_a_run_tells_what_its_tasks_cannot_where_it_can_read_xcom(version: str) -> None:
    found = asked(version, on_failure="arn:failure")
    assert ("failed_run" in found) == (version != "3.0.6")
    assert found["failed_task"].get("alone", False) == (version == "3.0.6")


def test_only_what_is_asked_for_is_told() -> None:
    assert asked("3.3.1") == {}
    assert set(asked("3.3.1", on_success="arn")) == {"succeeded_run"}
    refusal = asked("3.3.1", on_refusal="arn:refusal")
    assert set(refusal) == {"refused", "skipped"}
    assert "otherwise" not in refusal["refused"]
    both = asked("3.3.1", on_refusal="arn:refusal", on_failure="arn:failure")["refused"]
    assert both["target_arn"] == "arn:refusal"
    assert (
        RefusedModelNotice(
            **{key: value for key, value in both.items() if key != "callback"}
        ).otherwise.target_arn
        == "arn:failure"
    )


def test_a_success_asks_the_gate_only_where_it_can_have_skipped_and_can_be_asked() -> None:
    assert asked("3.3.1", SKIPS, on_success="arn")["succeeded_run"]["gate"] == "evaluate"
    assert "gate" not in asked("3.0.6", SKIPS, on_success="arn")["succeeded_run"]
    fails = Evaluation({"validation:auc": "> 0.5"})
    assert "gate" not in asked("3.3.1", fails, on_success="arn")["succeeded_run"]


def test_airflow_may_publish_to_every_topic() -> None:
    found = asked("3.3.1", on_failure="arn:failure", on_refusal="arn:refusal", on_success="arn:s")
    task = {"operator": "x.Evaluation", "on_failure_callback": found["refused"]}
    dag = {
        "default_args": {"on_failure_callback": found["failed_task"]},
        "on_failure_callback": found["failed_run"],
        "on_success_callback": found["succeeded_run"],
        "tasks": {"evaluate": {**task, "on_skipped_callback": found["skipped"]}},
    }
    allowed = list(of_airflow({"churn": dag}, Place("aws", "us-east-1", "123456789012")))
    assert {permission.action for permission in allowed} == {"sns:Publish"}
    assert sorted(each.resource for each in allowed) == ["arn:failure", "arn:refusal", "arn:s"]


def test_building_a_dag_leaves_its_configuration_as_it_is() -> None:
    found = asked("3.3.1", on_failure="arn:failure", on_success="arn")
    task = {"operator": "airflow.providers.standard.operators.empty.EmptyOperator"}
    tasks = {
        name: {**task, "dependencies": [], "on_failure_callback": found["failed_task"]}
        for name in ("first", "second")
    }
    configuration = {
        "churn": {
            "schedule": None,
            "default_args": {"owner": "me", "on_failure_callback": found["failed_task"]},
            "on_success_callback": found["succeeded_run"],
            "tasks": tasks,
        }
    }
    before = json.dumps(configuration)
    dag = build(configuration)
    assert json.dumps(configuration) == before
    assert isinstance(dag.on_success_callback, SucceededRunNotice)
    (callback,) = dag.get_task("second").on_failure_callback
    assert isinstance(callback, FailedTaskNotice)


# ----------------------------------------------------------------------------- with all of Airflow

DAGS = """\
from datetime import datetime

from generator.airflow_version import NEWEST
from generator.build import build
from generator.notices import notices
from generator.pipeline import Pipeline
from generator.template import OMIT

BASH = "airflow.providers.standard.operators.bash.BashOperator"
COMMANDS = {"fails": "echo {{ '{{ 6 * 6 }}' }}; exit 3", "killed": "kill -9 $PPID; sleep 9"}
for name, command in COMMANDS.items():
    pipeline = Pipeline(name, owner="me", stages=(), notify={"on_failure": "TOPIC"})
    env = {"region": "us-east-1"}
    told = notices({"pipeline": pipeline, "airflow": NEWEST, "env": env, "omit": OMIT})
    globals()[name] = build({  # a DAG of Airflow: it reads no file without both words
        name: {
            "schedule": None,
            "start_date": datetime(2026, 1, 5),
            "default_args": {"owner": "me", "on_failure_callback": told["failed_task"]},
            "on_failure_callback": told["failed_run"],
            "tasks": {"task": {"operator": BASH, "dependencies": [], "bash_command": command}},
        }
    })
"""


@pytest.mark.slow
def test_airflow_tells_once_of_a_task_that_failed_and_of_one_that_was_killed(
    aws: EmulatedAws, topic: tuple[str, Received], tmp_path: Path
) -> None:
    arn, received = topic
    project = empty_project(tmp_path / "a project")
    share_database(project)
    for file in project.dags.glob("*.py"):
        file.unlink()
    (project.dags / "notified.py").write_text(DAGS.replace("TOPIC", arn))
    home = AirflowHome(project, "local", aws.environment, tmp_path / "airflow")
    processes = Processes()
    home.create_database(processes)
    processes.close()
    processes.clean_up()
    with airflow_parts.running(home):
        for dag in ("fails", "killed"):
            trigger(home, dag)
        for dag in ("fails", "killed"):
            assert airflow_parts.await_end(home, dag) == {"task": "failed"}
        messages = await_messages(received, 2)
    told = {message["Subject"]: message["Message"] for message in messages}
    assert len(messages) == len(told) == 2
    assert "Reason: Bash command failed." in told["Pipeline fails failed"]
    assert f"Reason: {UNKNOWN}" in told["Pipeline killed failed"]
    assert "Task: task" in told["Pipeline killed failed"]


def trigger(home: AirflowHome, dag: str) -> None:
    """Start a run as soon as the dag processor has found the DAG."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        command = home.command("dags", "trigger", dag)
        done = subprocess.run(command, env=home.variables, capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(1)
    pytest.fail(done.stderr)


def await_messages(received: Received, count: int) -> list[dict[str, str]]:
    """What has arrived once there are so many, and a little later."""
    found: list[dict[str, str]] = []
    deadline = time.monotonic() + 60
    while len(found) < count and time.monotonic() < deadline:
        found += received()
        time.sleep(0.5)
    time.sleep(5)
    return found + received()
