"""The training stage: one SageMaker training job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from generator.duration import seconds

DEFAULT_VERSION = "3.2-0"
_CHANNELS = ("train", "validation")
READABLE = ("text/csv", "text/libsvm")
"""Formats whose rows can be sent to an endpoint line by line."""

_PROBABILITIES = ("binary:logistic", "reg:logistic", "multi:softprob")
_COUNTS = ("count:poisson", "reg:gamma", "reg:tweedie")


@dataclass(frozen=True)
class Channel:
    """One input of the job; ``source`` is an S3 prefix."""

    name: str
    source: str
    content_type: str = "text/csv"
    input_mode: str = "File"

    @property
    def request(self) -> dict[str, Any]:
        """The channel as CreateTrainingJob wants it.

        The content type is always sent: without it the XGBoost container reads libsvm.
        """
        return {
            "ChannelName": self.name,
            "ContentType": self.content_type,
            "InputMode": self.input_mode,
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": self.source,
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }


@dataclass(frozen=True)
class Training:
    """A training job; times in seconds, ``max_wait`` only where spot capacity is used.

    ``hyperparameters`` are rendered as the container wants them: every value is text.
    """

    SECTION: ClassVar[str] = "training"
    IN_TEMPLATES: ClassVar[str] = "training"
    ORIGINS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "image": ("training.image", "training.version"),
        "prepared": ("last_job.arguments.output", "pipeline.name"),
        "S3ModelArtifacts": ("training.output", "pipeline.name"),
        "S3Uri": ("source",),
        "tag_list": ("training.tags", "env.tags"),
        "training.checkpoints": ("training.spot.checkpoints",),
        "training.input_data_config": ("training.channels",),
        "training.max_wait": ("training.spot.max_wait",),
        "TrainingJobName": ("pipeline.name",),
        "vpc_config": ("training.network", "env.network"),
    }

    instance_type: str
    hyperparameters: Mapping[str, str]
    version: str = DEFAULT_VERSION
    image: str | None = None
    instance_count: int = 1
    volume_gb: int = 30
    max_runtime: int = 3_600
    max_wait: int | None = None
    checkpoints: bool = False
    channels: tuple[Channel, ...] = ()
    output: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    network: Mapping[str, Any] | None = None
    kms_key_arn: str | None = None

    @property
    def longest(self) -> int:
        """Longest time in seconds that SageMaker lets the job wait and run."""
        return self.max_wait or self.max_runtime

    @property
    def prediction_range(self) -> tuple[float | None, float | None]:
        """Least and greatest prediction of the objective; None where there is no bound.

        https://xgboost.readthedocs.io/en/stable/parameter.html#learning-task-parameters
        """
        objective = "" if self.image else self.hyperparameters.get("objective", "")
        if objective in (*_PROBABILITIES, "binary:hinge"):
            return 0, 1
        if objective == "multi:softmax":
            return 0, int(self.hyperparameters["num_class"]) - 1
        return (0, None) if objective in _COUNTS else (None, None)

    @property
    def predictions_per_row(self) -> int:
        """How many numbers the endpoint answers for one row."""
        if self.image or self.hyperparameters.get("objective") != "multi:softprob":
            return 1
        return int(self.hyperparameters["num_class"])

    def input_data_config(self, prepared: str | None) -> list[dict[str, Any]]:
        """Return the channels as requests; ``prepared`` is what the last Glue job writes."""
        return [channel.request for channel in self._channels(prepared)]

    def readable_channel(self, prepared: str | None) -> Channel | None:
        """Return a channel of text to take sample rows from, best that for validation."""
        readable = [each for each in self._channels(prepared) if each.content_type in READABLE]
        return max(readable, key=lambda channel: channel.name == "validation", default=None)

    def _channels(self, prepared: str | None) -> tuple[Channel, ...]:
        defaults = tuple(Channel(name, f"{prepared}{name}/") for name in _CHANNELS)
        return self.channels or defaults


def read(section: Mapping[str, Any]) -> list[Training]:
    """Turn the checked section into the pipeline's one training job."""
    values = {key: value for key, value in section.items() if key not in ("algorithm", "spot")}
    spot = section.get("spot")
    values["max_runtime"] = seconds(section.get("max_runtime", "1h"))
    values["max_wait"] = seconds(spot["max_wait"]) if spot else None
    values["checkpoints"] = bool(spot and spot.get("checkpoints", True))
    values["channels"] = tuple(
        Channel(name, **channel) for name, channel in section.get("channels", {}).items()
    )
    values["hyperparameters"] = {
        name: hyperparameter(value, name) for name, value in section["hyperparameters"].items()
    }
    return [Training(**values)]


def hyperparameter(value: Any, name: str = "") -> str:
    """Render one value as the XGBoost container reads it.

    Whole numbers have no point, booleans are lower case, lists are joined by commas without
    spaces; constraints keep their brackets: ``(1,0,-1)``, ``[[1,2],[3,4]]``.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if not isinstance(value, list):
        return str(value)
    text = ",".join(_nested(item) for item in value)
    if name == "monotone_constraints":
        return f"({text},)" if len(value) == 1 else f"({text})"
    return f"[{text}]" if name == "interaction_constraints" else text


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ",".join(_nested(item) for item in value) + "]"
    return hyperparameter(value)
