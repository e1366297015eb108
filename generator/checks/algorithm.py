"""The built-in XGBoost algorithm of a pipeline, as the rules about it see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.checks.subject import Subject
from generator.problem import Path, did_you_mean
from generator.stages.training import DEFAULT_VERSION

ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_alpha": "alpha",
    "reg_lambda": "lambda",
}
"""Second names that the container knows -> its own names."""

DEFAULT_OBJECTIVE = "reg:squarederror"


@dataclass(frozen=True)
class Algorithm:
    """A training job's hyperparameters for a version of the XGBoost container.

    ``values`` are those that the schema accepted, under the container's own names; ``written``
    is all of them as the user spelled them. ``version`` is None where the schema refused it.
    """

    version: str | None
    values: Mapping[str, Any]
    written: Mapping[str, Any]

    def path(self, name: str) -> Path:
        """Return where a hyperparameter is written, under whichever name."""
        spellings = [name, *(alias for alias, real in ALIASES.items() if real == name)]
        spelled = next((each for each in spellings if each in self.written), name)
        return ("training", "hyperparameters", spelled)

    def lacks(self, name: str) -> bool:
        """Tell whether nothing that is written can be meant as ``name``, not even a misspelling."""
        misspelled = self.written.keys() - self.values.keys() - ALIASES.keys()
        return name not in self.written and not did_you_mean(name, misspelled)

    def knows(self, name: str) -> bool:
        """Tell whether it is certain which value ``name`` has, or that it has none."""
        return name in self.values or self.lacks(name)

    def metrics(self) -> list[tuple[Path, str]]:
        """Return every metric of eval_metric with the path where it is written."""
        written, path = self.values.get("eval_metric", []), self.path("eval_metric")
        if isinstance(written, str):
            return [(path, metric.strip()) for metric in written.split(",")]
        return [((*path, index), each) for index, each in enumerate(written) if each is not None]

    def updaters(self) -> list[str]:
        """Return the updaters in their order."""
        written = self.values.get("updater", [])
        listed = written.split(",") if isinstance(written, str) else written
        return [each for each in listed if each is not None]


def builtin(subject: Subject) -> Algorithm | None:
    """Return the built-in algorithm that the pipeline trains with, None for an own image."""
    section = subject.written.get("training")
    if not isinstance(section, dict) or "image" in section:
        return None
    written = section.get("hyperparameters", {})
    accepted = subject.training.get("hyperparameters", {})
    values = {ALIASES.get(name, name): value for name, value in accepted.items()}
    version = subject.training.get("version", None if "version" in section else DEFAULT_VERSION)
    return Algorithm(version, values, written if isinstance(written, dict) else {})


def content_type(subject: Subject) -> str | None:
    """Return the format of the train channel, which the container takes for that of all.

    None where it cannot be told, because the schema refused it.
    """
    section = subject.written.get("training", {})
    if "channels" not in section:  # what a Glue job writes
        return "text/csv"
    train = subject.training.get("channels", {}).get("train")
    if train is None:
        return None
    refused = "content_type" in section["channels"]["train"] and "content_type" not in train
    return None if refused else train.get("content_type", "text/csv")


def is_watched(subject: Subject) -> bool:
    """Tell whether there is, or was meant to be, a validation channel."""
    channels = subject.written["training"].get("channels", ["validation"])  # else Glue writes both
    if not isinstance(channels, dict) or "validation" in channels:
        return True
    return bool(did_you_mean("validation", channels))
