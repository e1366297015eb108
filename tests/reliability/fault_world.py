"""A project with a small pipeline per stage, an emulated AWS to have faults, and an Airflow."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from airflow_runs import AirflowRuns
from examples import empty_project, share_database
from steady_client import SteadyClient

from generator.environment import load_environment
from generator.local.account_setup import Clients, set_up
from generator.local.airflow import AirflowHome
from generator.local.aws.server import EmulatedAws
from generator.local.session import child_processes
from generator.project import Project

TRAINING = """\
training:
  instance_type: ml.m5.large
  max_runtime: {max_runtime}
  spot: {{max_wait: 10m, checkpoints: {checkpoints}}}
  hyperparameters: {{objective: "binary:logistic", num_round: 5, eval_metric: [auc]}}
  channels:
    train: {{source: "s3://local-data/rows/train/"}}
    validation: {{source: "s3://local-data/rows/validation/"}}
"""
EVALUATION = """\
evaluation:
  metrics: {{validation:auc: ">= 1.1"}}
  if_refused: {if_refused}
"""
ENDPOINT = """\
endpoint:
  name: {name}
  instance_type: ml.m5.large
"""
GLUE = """\
glue:
  script: clean.py
  timeout: 1m
"""
HEAD = """\
schema_version: 1
name: {name}
owner: tests
retries: 1
retry_delay: 1s
"""
_LONG = TRAINING.format(max_runtime="5m", checkpoints="true")
PIPELINES = {
    "prepared": GLUE,
    "trained": _LONG,
    "limited": TRAINING.format(max_runtime="6s", checkpoints="false"),
    "served": _LONG + ENDPOINT,
    "gated": _LONG + EVALUATION.format(if_refused="fail"),
    "skipped": _LONG + EVALUATION.format(if_refused="skip_deployment") + ENDPOINT,
    "stuck": _LONG + ENDPOINT,
}
_seeds = itertools.count(1)


class FaultWorld:
    """What a case of the matrix looks at; its own clients are spared every fault."""

    def __init__(self, aws: EmulatedAws, runs: AirflowRuns) -> None:
        self.aws, self.runs = aws, runs
        self.clients = Clients(aws.environment)

    def new_rows(self) -> None:
        """Put other training data, so that the next model answers otherwise."""
        random = np.random.default_rng(next(_seeds))
        for channel in ("train", "validation"):
            features = random.normal(size=(300, 5))
            label = features[:, 0] + random.normal(size=300) * 0.5 > 0
            text = io.StringIO()
            np.savetxt(text, np.column_stack([label, features]), delimiter=",", fmt="%g")
            key = f"rows/{channel}/rows.csv"
            self.clients["s3"].put_object(
                Bucket="local-data", Key=key, Body=text.getvalue().encode()
            )

    def jobs(self, dag: str) -> dict[str, str]:
        """The state of every job of a pipeline, by its name or id."""
        if dag == "prepared":
            if not self.clients["glue"].list_jobs()["JobNames"]:
                return {}
            runs = self.clients["glue"].get_job_runs(JobName=f"{dag}_prepare")["JobRuns"]
            return {run["Id"]: run["JobRunState"] for run in runs}
        pages = self.clients["sagemaker"].get_paginator("list_training_jobs")
        found = pages.paginate(NameContains=f"{dag}-").build_full_result()
        summaries = found["TrainingJobSummaries"]
        return {job["TrainingJobName"]: job["TrainingJobStatus"] for job in summaries}

    def running_jobs(self) -> list[str]:
        """The command lines of the processes that jobs still have."""
        lines = []
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                lines.append(" ".join(process.cmdline()))
        return [line for line in lines if "training_container" in line or "glue_runner" in line]

    def endpoint(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.clients["sagemaker"].describe_endpoint(EndpointName=name)
        return described

    def client(self, endpoint: str) -> SteadyClient:
        return SteadyClient(self.clients["sagemaker-runtime"], endpoint)


@contextmanager
def fault_world(folder: Path, deferrable: bool) -> Iterator[FaultWorld]:
    """Make the project in ``folder``; waiting tasks are deferred or not."""
    project = empty_project(folder / "project")
    share_database(project)
    for name, stages in PIPELINES.items():
        text = HEAD + stages
        (project.pipelines / f"{name}.yaml").write_text(text.replace("{name}", name))
    _adapt(project.environment_file("local"), deferrable)
    environment, problems = load_environment(project, "local")
    assert environment is not None, problems
    with EmulatedAws() as aws, child_processes() as processes:
        set_up(project, environment, Clients(aws.environment))
        home = AirflowHome(project, "local", aws.environment, folder / "airflow")
        home.create_database(processes)
        runs = AirflowRuns(home, Project(project.root).dags)
        try:
            yield FaultWorld(aws, runs)
        finally:
            runs.close()


def _adapt(file: Path, deferrable: bool) -> None:
    """Let an environment retry, without sample data."""
    text = file.read_text().partition("sample_data:")[0].replace("retries: 0", "retries: 1")
    file.write_text(f"{text}deferrable: {json.dumps(deferrable)}\n")
