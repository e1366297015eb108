"""Pipeline -> dag-factory configuration: plain data, the same bytes for the same input."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.airflow_version import RUN_AFTER
from generator.duration import seconds
from generator.environment import Environment
from generator.notices import notices
from generator.pipeline import Pipeline
from generator.stages import Stage
from generator.stages.endpoint import Endpoint
from generator.stages.evaluation import Evaluation
from generator.stages.glue import GlueJob, input_argument, job_name
from generator.stages.training import Training
from generator.template import OMIT, template
from generator.xgboost_images import image_uri

SHORT_NAME = 26
"""Characters of the pipeline's name in a job's name: 63 less date, hash, number and suffix."""

STARTUP = 1_800
"""Seconds that a service may need, beyond a job's own limit, to find capacity and to clean up."""

DEFAULT_POLL_INTERVAL = "30s"


RUN = (
    "{{ dag_run.run_after.strftime('%Y%m%d') }}-"
    "{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_OID, dag_run.dag_id ~ '/' ~ run_id).hex[:8] }}"
)
"""The run-time template that names one run of a pipeline: date and hash.

Made from what every run has: one that is triggered over REST has no ``ds`` or ``ts``. The
pipeline is part of the hash, because runs of one schedule share their run id.
"""

TRIES = "{{ ti.max_tries - ti.task.retries }}"
"""The run-time template that tells a task's tries since it was last cleared from those before."""

VARIANT = "AllTraffic"
"""The one production variant of an endpoint."""

_RUN_AFTER = re.compile(r"(?<![\w.])dag_run\s*(?:\.\s*run_after\b|\[\s*(['\"])run_after\1\s*\])")
_RUN_TIME = re.compile(r"{{.*?}}", re.DOTALL)


def expand(pipeline: Pipeline, environment: Environment) -> dict[str, Any]:
    """Return the dag-factory configuration ``{dag_id: {…, "tasks": {…}}}`` of a pipeline."""
    scope = _pipeline_scope(pipeline, environment)
    own = {"params": _params(scope), "schedule": _schedule(scope)}
    dag = template("dag")({**scope, **own})
    tasks = {name: task for _, own in _tasks(scope) for name, task in own.items()}
    configuration = {pipeline.name: {**dag, "tasks": tasks}}
    run_after = environment.airflow.run_after
    return configuration if run_after == RUN_AFTER else _renamed(configuration, run_after)


def task_stages(pipeline: Pipeline, environment: Environment) -> dict[str, Stage]:
    """Return the stage that each task of the configuration is made from."""
    tasks = _tasks(_pipeline_scope(pipeline, environment))
    return {name: stage for stage, own in tasks for name in own}


def last_job(pipeline: Pipeline) -> GlueJob | None:
    """Return the Glue job that writes what is trained on: the last that no other job needs."""
    jobs = pipeline.of_kind(GlueJob)
    needed = {name for job in jobs for name in job.needs}
    return next((job for job in reversed(jobs) if job.name not in needed), None)


def _tasks(scope: Mapping[str, Any]) -> Iterator[tuple[Stage, dict[str, Any]]]:
    tasks: dict[str, Any] = {}
    section, upstream = "", []
    for stage in scope["pipeline"].stages:
        if section != stage.SECTION:
            section, upstream = stage.SECTION, _last_tasks(tasks)
        own = template(section)({**scope, **_stage_scope(stage, scope), "upstream": upstream})
        tasks |= own
        yield stage, own


def _pipeline_scope(pipeline: Pipeline, environment: Environment) -> dict[str, Any]:
    env = environment.scope["env"]
    scope = {
        "pipeline": pipeline,
        "env": env,
        "airflow": environment.airflow,
        "omit": OMIT,
        "run": RUN,
        "short_name": pipeline.name[:SHORT_NAME].rstrip("-"),
        "artifacts": f"s3://{env['artifacts_bucket']}/{pipeline.name}/runs/{RUN}/",
        "prepared": _prepared(pipeline, env),
        "startup": STARTUP,
        "poll_interval": seconds(env.get("poll_interval", DEFAULT_POLL_INTERVAL)),
        "tries": TRIES,
        "deferrable": env.get("deferrable", True),
        "duration": _timedelta,
    }
    return {**scope, "notice": notices(scope)}


def _stage_scope(stage: Stage, scope: Mapping[str, Any]) -> dict[str, Any]:
    pipeline, env = scope["pipeline"], scope["env"]
    if isinstance(stage, GlueJob):
        tags = _tags(pipeline, env, stage.tags)
        return {
            "job": stage,
            "job_name": job_name(pipeline.name, stage.name),
            "arguments": _arguments(stage, scope),
            "tags": tags,
        }
    if isinstance(stage, Evaluation):
        names = [endpoint.name for endpoint in pipeline.of_kind(Endpoint)]
        return {"evaluation": stage, "endpoint_name": names[0] if names else None}
    training = stage if isinstance(stage, Training) else pipeline.of_kind(Training)[0]
    model = {
        "training": training,
        "image": training.image or image_uri(env["region"], training.version),
        "vpc_config": _vpc_config(training.network or env.get("network")),
        "tag_list": [
            {"Key": key, "Value": value}
            for key, value in _tags(pipeline, env, training.tags).items()
        ],
    }
    return model | _serving(stage, training, scope) if isinstance(stage, Endpoint) else model


def _serving(endpoint: Endpoint, training: Training, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the endpoint's template sees; a task that is not wanted is OMIT."""
    test = endpoint.smoke_test
    least, most = training.prediction_range
    own = {
        "endpoint": endpoint,
        "variant": VARIANT,
        "capture": f"s3://{scope['env']['artifacts_bucket']}/{scope['pipeline'].name}/capture/",
        "channel": training.readable_channel(scope["prepared"]),
        "believed": (
            least if test.minimum is None else test.minimum,
            most if test.maximum is None else test.maximum,
        ),
    }
    seen = {**scope, **own, "training": training}
    asked = bool(test.samples or own["channel"])
    return own | {
        "smoke_test": template("smoke_test")(seen) if asked else OMIT,
        "autoscale": template("autoscale")(seen) if endpoint.autoscaling else OMIT,
        "answered": "smoke_test" if asked else "verify",
    }


def _last_tasks(tasks: Mapping[str, Any]) -> list[str]:
    """Return the tasks that no other task waits for: what the next stage waits for."""
    awaited = {name for task in tasks.values() for name in task["dependencies"]}
    return [name for name in tasks if name not in awaited]


def _output(job: GlueJob, pipeline: Pipeline, env: Mapping[str, Any]) -> str:
    """Return the S3 prefix that a job writes to: its own argument, or a folder of the run."""
    folder = f"s3://{env['data_bucket']}/{pipeline.name}/runs/{RUN}/{job.name}/"
    return job.arguments.get("output", folder)


def _prepared(pipeline: Pipeline, env: Mapping[str, Any]) -> str | None:
    """Return the S3 prefix of what is trained on."""
    job = last_job(pipeline)
    return _output(job, pipeline, env) if job else None


def _arguments(job: GlueJob, scope: Mapping[str, Any]) -> dict[str, str]:
    pipeline, env = scope["pipeline"], scope["env"]
    inputs = {
        input_argument(other.name): _output(other, pipeline, env)
        for other in pipeline.of_kind(GlueJob)
        if other.name in job.needs
    }
    values = {**inputs, **job.arguments, "output": _output(job, pipeline, env)}
    return {f"--{name}": value for name, value in values.items()}


def _tags(pipeline: Pipeline, env: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]:
    return {"pipeline": pipeline.name, **env.get("tags", {}), **own}


def _vpc_config(network: Mapping[str, Any] | None) -> Any:
    if not network:
        return OMIT
    return {"SecurityGroupIds": network["security_group_ids"], "Subnets": network["subnets"]}


def _params(scope: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"__type__": scope["airflow"].param_type, **schema}
        for name, schema in scope["pipeline"].params.items()
    }


def _schedule(scope: Mapping[str, Any]) -> Any:
    """Return the schedule so that every version of Airflow gives a run the same date.

    A cron schedule of Airflow 2 would run a week's job with the dates of the week before. None is
    what dag-factory takes for no word about a schedule, and Airflow 2 runs such a DAG every day.
    """
    schedule, timetable = scope["pipeline"].schedule, scope["airflow"].cron_timetable
    if timetable is None or schedule in ("@once", "@continuous"):
        return schedule
    if schedule is None:
        return "none"
    return {"__type__": timetable, "cron": schedule, "timezone": "UTC"}


def _renamed(value: Any, run_after: str) -> Any:
    """Return a configuration in which run-time templates say ``run_after`` for RUN_AFTER."""
    if isinstance(value, str):
        return _RUN_TIME.sub(lambda found: _RUN_AFTER.sub(run_after, found[0]), value)
    if isinstance(value, dict):
        return {key: _renamed(each, run_after) for key, each in value.items()}
    return [_renamed(each, run_after) for each in value] if isinstance(value, list) else value


def _timedelta(length: int) -> dict[str, Any]:
    """Write seconds the way dag-factory's YAML does."""
    return {"__type__": "datetime.timedelta", "seconds": length}
