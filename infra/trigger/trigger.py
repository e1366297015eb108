"""AWS Lambda function: an event from Amazon EventBridge starts a pipeline on Amazon MWAA.

The rules of trigger.yaml send

    {"pipeline": "customer-churn",
     "conf": {"source": "s3://{detail.bucket.name}/{detail.object.key}"},
     "event": {…the whole event…}}

`{detail.bucket.name}` in a text of `conf` stands for that value of the event; two braces are one.
A text that is nothing but one such name gets the value with its type. `conf` may be missing.

One event starts one run, however often it is delivered: run id and logical date come from the
event. The run of a paused pipeline waits in Airflow until the pipeline is switched on: that is
what pausing means there, and nothing gets lost.

The files of this folder need nothing but boto3 and the variable MWAA_ENVIRONMENT.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from typing import Any

from request import Request, read
from rest_api import Answer, RestApi, log
from trigger_error import TriggerError

ENVIRONMENT_VARIABLE = "MWAA_ENVIRONMENT"
MOST_DATES = 5
"""How many logical dates are tried for a run."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Start the run that belongs to the event, unless it is there already.

    Returns its pipeline, id and logical date, and whether it was started now. Raises TriggerError.
    """
    request = read(event)
    api = RestApi(_environment(), context.get_remaining_time_in_millis)
    paused = _check(api, request)
    date, started = _start(api, request)
    run = {"pipeline": request.pipeline, "dag_run_id": request.run_id, "logical_date": date}
    log("started" if started else "started before", environment=api.environment, **run)
    if paused and started:
        log("the pipeline is paused: its run waits until it is switched on", "WARNING", **run)
    return {**run, "started": started}


def _environment() -> str:
    name = os.environ.get(ENVIRONMENT_VARIABLE)
    if not name:
        raise TriggerError(f"the variable {ENVIRONMENT_VARIABLE} names no MWAA environment")
    return name


def _check(api: RestApi, request: Request) -> bool:
    """Refuse keys of conf that the pipeline does not know; return whether it is paused.

    Airflow checks the values, but takes any key.
    """
    answer = api.get(f"/dags/{request.pipeline}/details")
    if answer.status != 200:
        raise _refusal(api, request, answer)
    known = sorted(answer.content.get("params") or {})
    for key in request.conf:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"params: {', '.join(known) or 'none'}"
            raise TriggerError(
                f"conf has the key '{key}', which is no param of '{request.pipeline}' ({hint})"
            )
    return bool(answer.content.get("is_paused"))


def _start(api: RestApi, request: Request) -> tuple[str, bool]:
    """Return the logical date of the run, and whether it was started now."""
    for number in range(MOST_DATES):
        date = request.logical_date(number)
        # Airflow 3 demands logical_date and refuses unknown keys; Airflow 2 takes the same three.
        run = {"dag_run_id": request.run_id, "logical_date": date, "conf": request.conf}
        answer = api.post(f"/dags/{request.pipeline}/dagRuns", run)
        if answer.status == 200:
            return date, True
        if answer.status != 409:
            raise _refusal(api, request, answer)
        if request.run_id in _runs_at(api, request, date):
            return date, False
    raise TriggerError(f"other runs of '{request.pipeline}' have all dates of {request.run_id}")


def _runs_at(api: RestApi, request: Request, date: str) -> list[str]:
    """Return the ids of the runs with that logical date: 409 may be about another event's run."""
    version = api.get("/version")
    name = "execution_date" if version.content["version"].startswith("2.") else "logical_date"
    path = f"/dags/{request.pipeline}/dagRuns"
    answer = api.get(path, **{f"{name}_gte": date, f"{name}_lte": date})
    if answer.status != 200:
        raise _refusal(api, request, answer)
    return [run["dag_run_id"] for run in answer.content["dag_runs"]]


def _refusal(api: RestApi, request: Request, answer: Answer) -> TriggerError:
    if answer.status == 404:
        return TriggerError(
            f"MWAA environment '{api.environment}' has no pipeline '{request.pipeline}': "
            "is it deployed, and does lint pass?"
        )
    return TriggerError(
        f"Airflow refused to start '{request.pipeline}' ({answer.status}): {answer.reason}"
    )
