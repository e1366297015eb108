"""`instance-type`: the instance can run the XGBoost container, and run it steadily.

The images of containers 1.7-1, 3.0-5 and 3.2-0 are built for x86 processors. Graviton instances
(ml.c7g, ml.m8g and others with a g behind their number) cannot start them, and the GPUs of ml.p2
are too old. AWS notices only when the endpoint is being made, after the training has been paid.

Burstable instances (ml.t2, ml.t3) run at full speed for minutes and then at a fraction of it:
good for a first try, not for a model that people wait for.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#Instance-XGBoost

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
    endpoint: {name: example, instance_type: ml.c7g.large}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.checks.algorithm import builtin
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "instance-type"
_GRAVITON = re.compile(r"ml\.[a-z]+[0-9]+g[a-z]*\.")
_BURSTABLE = re.compile(r"ml\.t[0-9]")


def check(subject: Subject) -> Iterator[Finding]:
    for section in ("training", "endpoint"):
        instance_type = subject.data.get(section, {}).get("instance_type")
        if instance_type is None:
            continue
        path = (section, "instance_type")
        if builtin(subject) and (refusal := _refusal(instance_type)):
            yield Finding(path, RULE, refusal, "use an instance like ml.m5.large")
        elif _BURSTABLE.match(instance_type):
            message = f"{instance_type} is fast only for minutes"
            yield Finding(path, RULE, message, "use an instance like ml.m5.large", "warning")


def _refusal(instance_type: str) -> str:
    if _GRAVITON.match(instance_type):
        return f"{instance_type} has an Arm processor, the XGBoost container is for x86"
    if instance_type.startswith("ml.p2."):
        return f"the XGBoost container cannot use the old GPUs of {instance_type}"
    return ""
