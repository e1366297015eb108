"""`spot-wait`: spot training may wait at least as long as it may run.

SageMaker refuses a MaxWaitTimeInSeconds below MaxRuntimeInSeconds.
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.duration import seconds
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    wait = subject.training.get("spot", {}).get("max_wait")
    run = subject.training.get("max_runtime", "1h")
    if wait is not None and seconds(wait) < seconds(run):
        message = f"max_wait ({wait}) is shorter than max_runtime ({run})"
        path = ("training", "spot", "max_wait")
        yield Finding(path, "spot-wait", message, "it covers waiting and training together")
