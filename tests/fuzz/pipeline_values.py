"""A hypothesis strategy for pipelines that are valid: the schema's values, and what rules add.

Made so that they keep the rules, never made and then thrown away: hypothesis gives up where few of
what it makes are kept.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.loaders import Loader
from hypothesis import strategies as st
from mutations import at, paths
from schema_values import TEXT, Strategy, matching, some_keys, values, whole_schema
from small_values import DATES, DAY, SCHEDULES, durations, params
from xgboost_values import hyperparameters

from generator.checks.argument_names import RESERVED
from generator.duration import seconds
from generator.stages import READERS
from generator.stages.training import DEFAULT_VERSION

PIPELINE = whole_schema("pipeline.schema.json")

SCRIPTS = {
    "clean.py": "print('clean')\n",
    "prepare/features.py": (
        "import sys\n"
        "from awsglue.utils import getResolvedOptions\n"
        "print(getResolvedOptions(sys.argv, ['JOB_NAME', 'source', 'output']))\n"
    ),
}
"""The scripts of the project that the pipelines are written for; the second needs a source."""


_MODEL = Loader().load_service_model("sagemaker", "service-2")


def _instances(shape: str) -> Strategy:
    """Return instance types with x86 CPUs, on which every container runs, as AWS lists them."""
    every = _MODEL["shapes"][shape]["enum"]
    return st.sampled_from(
        [name for name in sorted(every) if name.startswith(("ml.m5.", "ml.c5."))]
    )


_SHORT = matching("^[A-Za-z0-9]{1,9}$")
_KEY_ARN = matching("^arn:aws:kms:us-east-1:[0-9]{12}:(key|alias)/[a-z0-9-]{1,36}$")
_TOPIC = st.just("${{ env.alerts_topic_arn }}") | matching(
    "^arn:aws:sns:us-east-1:[0-9]{12}:[a-z]+$"
)
_BUCKET = st.just("${{ env.data_bucket }}") | matching("^[a-z0-9]{3,9}(-[a-z0-9]{1,9})?$")
_AT_RUN_TIME = ["{{ run_id }}", "{{ dag_run.run_after | ds_nodash }}", "{{ ds }}"]


_FOLDERS = st.lists(_SHORT | st.sampled_from(_AT_RUN_TIME), max_size=3)
_PREFIXES = st.builds(
    lambda bucket, names: "/".join(["s3:/", bucket, *names, ""]), _BUCKET, _FOLDERS
)


_TOP = values(
    some_keys(PIPELINE, *(key for key in PIPELINE["properties"] if key not in READERS))
    | {"required": PIPELINE["required"]},
    {
        ("schedule",): st.none() | SCHEDULES,
        ("start_date",): DATES,
        ("params", "*"): params(),
        ("notify", "on_failure"): _TOPIC,
        ("notify", "on_success"): _TOPIC,
    },
)
_SECTIONS = [
    ["glue"],
    ["training"],
    ["glue", "training"],
    ["training", "endpoint"],
    ["glue", "training", "endpoint"],
]


@st.composite
def valid_pipelines(draw: st.DrawFn) -> dict[str, Any]:
    """Return a pipeline that lint has no error to report of and Airflow can run."""
    data = draw(_TOP)
    if data.get("schedule"):
        data.setdefault("start_date", "2026-01-05")
    if data.get("schedule") == "@continuous":
        data.pop("max_active_runs", None)
    sections = draw(st.sampled_from(_SECTIONS))
    own = [f"{{{{ params.{name} }}}}" for name in data.get("params", {})]
    if "glue" in sections:
        data["glue"] = draw(_glue([*_AT_RUN_TIME, *own]))
    if "training" in sections:
        data["training"] = draw(_training(prepared="glue" in sections))
    if "endpoint" in sections:
        data["endpoint"] = draw(_ENDPOINT)
    return draw(_with_expressions(data))


@st.composite
def _with_expressions(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """Return the same pipeline with some of its values written as expressions."""
    able = [path for path in paths(data) if path != ("name",) and _literal(at(data, path))]
    for path in draw(st.lists(st.sampled_from(able), max_size=3, unique=True)):
        form = draw(st.sampled_from(["${{ %s }}", "${{env.nothing|default(%s)}}"]))
        at(data, path[:-1])[path[-1]] = form % _literal(at(data, path))
    return data


def _literal(value: Any) -> str:
    """Return a value as an expression would write it, nothing where it cannot."""
    if isinstance(value, str):
        return f"'{value}'" if re.fullmatch("[A-Za-z0-9 ._:/@*,+=-]{1,60}", value) else ""
    is_plain = isinstance(value, bool) or (isinstance(value, int) and value >= 0)
    return str(value).lower() if is_plain else ""


_ENDPOINT = values(
    PIPELINE["properties"]["endpoint"],
    {
        ("instance_type",): _instances("ProductionVariantInstanceType"),
        ("timeout",): durations(60, DAY),
    },
)

_JOB = {
    key: value
    for key, value in PIPELINE["properties"]["glue"]["else"].items()
    if key not in ("examples",)
}
_NAME = values(_JOB["properties"]["name"])


@st.composite
def _glue(draw: st.DrawFn, templates: list[str]) -> Any:
    if draw(st.booleans()):
        return draw(_job(templates))
    names = draw(st.lists(_NAME, min_size=1, max_size=4, unique=True))
    jobs = []
    for index, name in enumerate(names):
        job = {"name": name, **draw(_job(templates))}
        # Of the jobs before it only, so that no two wait for each other.
        needs = draw(st.lists(st.sampled_from(names[:index]), unique=True)) if index else []
        jobs.append({**job, "needs": needs} if needs else job)
    return draw(st.permutations(jobs))


@st.composite
def _job(draw: st.DrawFn, templates: list[str]) -> dict[str, Any]:
    job = draw(_JOB_WITHOUT_ARGUMENTS)
    names = matching("^[A-Za-z][A-Za-z0-9_]{0,9}$").filter(lambda name: name not in RESERVED)
    texts = TEXT | st.sampled_from(templates) | st.booleans() | st.integers() | st.floats(0, 1)
    arguments = draw(st.dictionaries(names, texts, max_size=4))
    if draw(st.booleans()):
        arguments["output"] = draw(_PREFIXES)
    else:
        arguments.pop("output", None)
    if job["script"] == "prepare/features.py":
        arguments["source"] = draw(_PREFIXES)
    return {**job, "arguments": arguments} if arguments else job


_JOB_WITHOUT_ARGUMENTS = values(
    some_keys(
        _JOB, *(key for key in _JOB["properties"] if key not in ("arguments", "name", "needs"))
    )
    | {"required": ["script"]},
    {("script",): st.sampled_from(sorted(SCRIPTS)), ("timeout",): durations(60, 7 * DAY - 60)},
)


@st.composite
def _training(draw: st.DrawFn, prepared: bool) -> dict[str, Any]:
    training = draw(_TRAINING)
    version = training.get("version", DEFAULT_VERSION)
    if draw(st.booleans()):
        longest = seconds(training.get("max_runtime", "1h"))
        training["spot"] = {"max_wait": draw(durations(longest, 28 * DAY))}
    if not prepared or draw(st.booleans()):
        training["channels"] = draw(_channels(version))
    watched = "validation" in training.get("channels", {"validation"})
    if draw(st.integers(0, 3)) == 0:
        training.pop("version", None)
        training["image"] = draw(_IMAGE)
        training["hyperparameters"] = draw(_OWN_HYPERPARAMETERS)
    else:
        training["hyperparameters"] = draw(hyperparameters(version, watched))
        if {"tree_method", "updater"} & training["hyperparameters"].keys():
            training.pop("instance_count", None)  # the exact method has one instance only
    if draw(st.booleans()):
        training["output"] = draw(_PREFIXES)
    return training


_TRAINING_SCHEMA = PIPELINE["properties"]["training"]
_TRAINING = values(
    some_keys(
        {
            key: value
            for key, value in _TRAINING_SCHEMA.items()
            if key not in ("if", "then", "else")
        },
        *("algorithm", "instance_type", "instance_count", "kms_key_arn", "max_runtime", "network"),
        *("tags", "version", "volume_gb"),
    )
    | {"required": ["instance_type"]},
    {
        ("instance_type",): _instances("TrainingInstanceType"),
        ("kms_key_arn",): _KEY_ARN,
        ("max_runtime",): durations(1, 28 * DAY),
    },
)
_IMAGE = values(_TRAINING_SCHEMA["properties"]["image"])
_OWN_HYPERPARAMETERS = values(
    _TRAINING_SCHEMA["then"]["properties"]["hyperparameters"],
    {("names",): _SHORT, ("*",): TEXT | st.integers() | st.booleans() | st.lists(st.integers())},
)


@st.composite
def _channels(draw: st.DrawFn, version: str) -> dict[str, Any]:
    channels = {}
    for name in draw(st.sampled_from([["train"], ["train", "validation"]])):
        channel = draw(_CHANNEL) | {"source": draw(_PREFIXES)}
        piped = version != "3.2-0" and channel.get("content_type") != "text/libsvm"
        if channel.get("input_mode") == "Pipe" and not piped:
            channel["input_mode"] = "FastFile"
        channels[name] = channel
    return channels


_CHANNEL = values(
    some_keys(
        _TRAINING_SCHEMA["properties"]["channels"]["properties"]["train"],
        *("content_type", "input_mode"),
    )
)
