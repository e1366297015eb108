"""`spot-wait`: spot training may wait at least as long as it may run.

SageMaker refuses a MaxWaitTimeInSeconds below MaxRuntimeInSeconds.
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.duration import seconds
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    training = subject.data.get("training", {})
    if "spot" not in training:
        return
    wait, run = training["spot"]["max_wait"], training.get("max_runtime", "1h")
    if seconds(wait) < seconds(run):
        message = f"max_wait ({wait}) is shorter than max_runtime ({run})"
        path = ("training", "spot", "max_wait")
        yield Finding(path, "spot-wait", message, "it covers waiting and training together")
