"""A hypothesis strategy for the `training` section of a valid pipeline."""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader
from hypothesis import strategies as st
from schema_values import TEXT, Strategy, matching, other_keys, values, whole_schema
from small_values import DAY, PREFIXES, SHORT, durations
from xgboost_values import hyperparameters

from generator.duration import seconds
from generator.stages.training import DEFAULT_VERSION

_TRAINING = whole_schema("stages/training.schema.json")
_MODEL = Loader().load_service_model("sagemaker", "service-2")
_KEY_ARN = matching("^arn:aws:kms:us-east-1:[0-9]{12}:(key|alias)/[a-z0-9-]{1,36}$")


def instances(shape: str) -> Strategy:
    """Return instance types with x86 CPUs, on which every container runs, as AWS lists them."""
    every = sorted(_MODEL["shapes"][shape]["enum"])
    return st.sampled_from([name for name in every if name.startswith(("ml.m5.", "ml.c5."))])


_PLAIN = values(
    other_keys(_TRAINING, "channels", "hyperparameters", "image", "output", "spot"),
    {
        ("instance_type",): instances("TrainingInstanceType"),
        ("kms_key_arn",): _KEY_ARN,
        ("max_runtime",): durations(1, 28 * DAY),
    },
)
_CHANNEL = values(other_keys(_TRAINING["properties"]["channels"]["properties"]["train"], "source"))
_IMAGE = values(_TRAINING["properties"]["image"])
_OWN_HYPERPARAMETERS = values(
    _TRAINING["then"]["properties"]["hyperparameters"],
    {("names",): SHORT, ("*",): TEXT | st.integers() | st.booleans() | st.lists(st.integers())},
)


@st.composite
def training_sections(draw: st.DrawFn, prepared: bool) -> dict[str, Any]:
    """Return a training job; ``prepared`` says that a Glue job writes its data."""
    training = draw(_PLAIN)
    version = training.get("version", DEFAULT_VERSION)
    if draw(st.booleans()):
        longest = seconds(training.get("max_runtime", "1h"))
        training["spot"] = {"max_wait": draw(durations(longest, 28 * DAY))}
    if not prepared or draw(st.booleans()):
        training["channels"] = draw(_channels(version))
    if draw(st.booleans()):
        training["output"] = draw(PREFIXES)
    if draw(st.integers(0, 3)) == 0:
        training.pop("version", None)
        own = {"image": draw(_IMAGE), "hyperparameters": draw(_OWN_HYPERPARAMETERS)}
        return training | own
    watched = "validation" in training.get("channels", ["validation"])
    training["hyperparameters"] = draw(hyperparameters(version, watched))
    if {"tree_method", "updater"} & training["hyperparameters"].keys():
        training.pop("instance_count", None)  # the exact method has one instance only
    return training


@st.composite
def _channels(draw: st.DrawFn, version: str) -> dict[str, Any]:
    channels = {}
    for name in draw(st.sampled_from([["train"], ["train", "validation"]])):
        channel = draw(_CHANNEL) | {"source": draw(PREFIXES)}
        has_pipe = version != "3.2-0" and channel.get("content_type") != "text/libsvm"
        if channel.get("input_mode") == "Pipe" and not has_pipe:
            channel["input_mode"] = "FastFile"
        channels[name] = channel
    return channels
