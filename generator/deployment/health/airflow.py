"""Checks: Airflow answers, its parts are well, and it could read every DAG file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from generator.airflow_version import number
from generator.deployment.health import mwaa
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, unknown, wrong
from generator.problem import visible

AIRFLOW, IMPORTS = "Airflow", "DAG files"
_HEALTH = {2: "/health", 3: "/monitor/health"}
_PARTS = {"metadatabase": "database", "scheduler": "scheduler", "triggerer": "triggerer"}
"""Without a triggerer no task that waits for a job would ever go on."""

_LONGEST_SHOWN = 300


def look(installation: Installation) -> Iterator[Result]:
    """Yield what is not well, or one result that all is."""
    environment = mwaa.environment(installation)
    try:
        version = _get(installation, "/version")["version"]
        health = _get(installation, _HEALTH[number(environment["AirflowVersion"])[0]])
    except (BotoCoreError, ClientError) as error:
        yield _silent(environment, error)
        return
    results = list(_parts(health))
    yield from results or [
        right(AIRFLOW, f"answers as {version}, scheduler and triggerer are well")
    ]


def look_at_imports(installation: Installation) -> Iterator[Result]:
    """Yield whether Airflow has import errors, and the first of them."""
    answer = _get(installation, "/importErrors")
    count = answer["total_entries"]
    if not count:
        yield right(IMPORTS, "Airflow reads them without an error")
        return
    first = answer["import_errors"][0]
    lines = [line.strip() for line in first["stack_trace"].splitlines() if line.strip()]
    file = first.get("filename") or "a file"
    said = visible(lines[-1] if lines else "")[:_LONGEST_SHOWN]
    seen = f"{count} import error{'s' * (count > 1)}; {file.rpartition('/')[2]}: {said}"
    advice = f"`pipelines lint --env {installation.environment.name}`, then deploy again."
    yield wrong(IMPORTS, seen, advice)


def _get(installation: Installation, path: str) -> Mapping[str, Any]:
    """Ask Airflow over MWAA: https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html"""
    name = installation.mwaa["environment"]
    answer = installation.account.ask("mwaa", "invoke_rest_api", Name=name, Path=path, Method="GET")
    content: Mapping[str, Any] = answer["RestApiResponse"]
    return content


def _parts(health: Mapping[str, Any]) -> Iterator[Result]:
    for part, name in _PARTS.items():
        status = (health.get(part) or {}).get("status")
        if status != "healthy":
            seen = f"its {name} is {status or 'not running'}"
            yield wrong(AIRFLOW, seen, "Look into the environment's logs in CloudWatch.")
    status = (health.get("dag_processor") or {}).get("status")
    if status not in (None, "healthy"):  # Airflow 2 may have none of its own
        yield wrong(AIRFLOW, f"its DAG processor is {status}", "Look into its logs in CloudWatch.")


def _silent(environment: Mapping[str, Any], error: Exception) -> Result:
    """Say why Airflow cannot be asked."""
    if environment["WebserverAccessMode"] == "PRIVATE_ONLY":
        seen = "its web server is private, and does not answer from here"
        advice = "Call the doctor from inside the environment's VPC to look at Airflow, too."
        return unknown(AIRFLOW, seen, advice, stops=True)
    if environment["Status"] != "AVAILABLE":
        seen = f"it does not answer while the environment is {environment['Status']}"
        return note(AIRFLOW, seen, "Look again later.", stops=True)
    answer = error.response if isinstance(error, ClientError) else {}
    status = answer.get("RestApiStatusCode") or answer.get("Error", {}).get("Code") or error
    if status in (401, 403):
        seen = f"it does not let you in ({status})"
        advice = "Let a policy of yours allow airflow:InvokeRestApi as its role Admin or Op."
        return unknown(AIRFLOW, seen, advice, stops=True)
    advice = "Look into the web server's logs in CloudWatch."
    return wrong(AIRFLOW, f"does not answer ({status})", advice, stops=True)
