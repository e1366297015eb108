"""Where to look when a task has failed: Airflow's page of it, and AWS's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from airflow import __version__
from airflow.configuration import conf

HERE = "http://localhost:8080"
"""Where Airflow's web interface is unless it was told otherwise."""

_DOMAINS = {"cn-": "amazonaws.cn", "us-gov-": "amazonaws-us-gov.com"}
"""Of AWS's console outside of the partition "aws", by how the names of regions begin."""


def airflow_page(ti: Any) -> str:
    """Return the URL of a task instance's log; only that of Airflow 3.0 may not know it itself."""
    if url := getattr(ti, "log_url", None):
        return str(url)
    return f"{run_page(ti.dag_id, ti.run_id)}/tasks/{quote(ti.task_id)}"


def run_page(dag: str, run: str) -> str:
    """Return the URL of a run in Airflow's web interface."""
    dag, run = quote(dag), quote(run, safe="")
    if __version__.startswith("2."):
        url = conf.get("webserver", "base_url", fallback=HERE)
        return f"{url.rstrip('/')}/dags/{dag}/grid?dag_run_id={run}"
    return f"{conf.get('api', 'base_url', fallback=HERE).rstrip('/')}/dags/{dag}/runs/{run}"


def aws_page(task: Any, said: str, region: str) -> str | None:
    """Return the URL of what a task works on in AWS's console, or None where it has no name yet.

    ``said`` is the text of the failure: only there is the number of a training job or the id of
    a Glue job run.
    """
    for service, place in _places(task, said):
        if "{{" not in place and "None" not in place:
            return f"https://{_console(region)}/{service}/home?region={region}#/{place}"
    return None


def _places(task: Any, said: str) -> Iterator[tuple[str, str]]:
    """Yield console and place of everything that the fields of a task name, best first."""
    config = getattr(task, "config", None)
    named = config if isinstance(config, dict) else {}
    if base := named.get("TrainingJobName"):
        if found := re.search(rf"{re.escape(base)}(-\d+)?\b", said):
            yield "sagemaker", f"jobs/{found[0]}"
        yield "sagemaker", "jobs"
    if job := getattr(task, "training_job", None):
        yield "sagemaker", f"jobs/{job}"
    if endpoint := named.get("EndpointName") or getattr(task, "endpoint_name", None):
        yield "sagemaker", f"endpoints/{endpoint}"
    if job := getattr(task, "job_name", None):
        found = re.search(r"\bjr_[0-9a-f]{8,}", said)
        name = quote(job)
        yield "gluestudio", f"job/{name}/run/{found[0]}" if found else f"editor/job/{name}/runs"


def _console(region: str) -> str:
    domains = [domain for begin, domain in _DOMAINS.items() if region.startswith(begin)]
    return f"console.{domains[0]}" if domains else f"{region}.console.aws.amazon.com"
