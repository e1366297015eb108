"""`autoscaling-limits`: an endpoint scales between limits that hold its instances.

An endpoint starts with `instance_count` instances, which must lie between `minimum` and `maximum`.
After an instance was added or removed nothing happens for the cooldown, an hour at most.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
    endpoint:
      name: example
      instance_type: ml.m5.large
      instance_count: 1
      autoscaling: {minimum: 2, maximum: 4, invocations_per_instance: 1000}
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.duration import seconds
from generator.problem import Finding, Path

RULE = "autoscaling-limits"
_PATH: Path = ("endpoint", "autoscaling")
_HOUR = 3_600


def check(subject: Subject) -> Iterator[Finding]:
    endpoint = subject.data.get("endpoint", {})
    scaling = endpoint.get("autoscaling")
    if scaling is None:
        return
    least, most = scaling.get("minimum"), scaling.get("maximum")
    if least is not None and most is not None:
        written = "instance_count" in subject.written["endpoint"]
        count = endpoint.get("instance_count", None if written else 1)
        if least > most:
            message = f"the minimum ({least}) is above the maximum ({most})"
            yield Finding((*_PATH, "minimum"), RULE, message)
        elif count is not None and not least <= count <= most:
            message = f"instance_count is {count}, not between {least} and {most}"
            hint = f"write `instance_count: {least}`"
            path: Path = ("endpoint", "instance_count") if written else (*_PATH, "minimum")
            yield Finding(path, RULE, message, hint)
    for key in ("scale_in_cooldown", "scale_out_cooldown"):
        if key in scaling and seconds(scaling[key]) > _HOUR:
            message = f"'{key}' must be at most 1h, not '{scaling[key]}'"
            yield Finding((*_PATH, key), RULE, message)
