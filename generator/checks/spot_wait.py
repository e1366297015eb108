"""`spot-wait`: spot training may wait at least as long as it may run.

`max_wait` covers the waiting for spare capacity and the training together, `max_runtime` (an hour
where it is left out) the training alone. SageMaker refuses the job when the first is the shorter.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html

    training:
      instance_type: ml.m5.large
      max_runtime: 2h
      spot: {max_wait: 1h}
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.duration import seconds
from generator.problem import Finding

DEFAULT_RUNTIME = "1h"


def check(subject: Subject) -> Iterator[Finding]:
    training = subject.training
    wait = training.get("spot", {}).get("max_wait")
    if wait is None:
        return
    written = "max_runtime" in subject.written["training"]
    run = training.get("max_runtime", None if written else DEFAULT_RUNTIME)
    if run is not None and seconds(wait) < seconds(run):
        message = f"max_wait ({wait}) is shorter than max_runtime ({run})"
        path = ("training", "spot", "max_wait")
        yield Finding(path, "spot-wait", message, "it covers waiting and training together")
