"""`time-limits`: no time limit is beyond what the service takes.

Glue takes less than 7 days, SageMaker training at most 28 days
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html).
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.duration import seconds
from generator.problem import Finding, Path

DAY = 86_400


def check(subject: Subject) -> Iterator[Finding]:
    for path, job in subject.glue_jobs():
        yield from _limit((*path, "timeout"), job.get("timeout"), 7 * DAY - 60, "under 7 days")
    training = subject.training
    for path, text in (
        (("training", "max_runtime"), training.get("max_runtime")),
        (("training", "spot", "max_wait"), training.get("spot", {}).get("max_wait")),
    ):
        yield from _limit(path, text, 28 * DAY, "at most 28 days")
    timeout = subject.data.get("endpoint", {}).get("timeout")
    yield from _limit(("endpoint", "timeout"), timeout, DAY, "at most 1 day")


def _limit(path: Path, text: str | None, longest: int, words: str) -> Iterator[Finding]:
    if text is not None and seconds(text) > longest:
        message = f"'{path[-1]}' must be {words}, not '{text}'"
        yield Finding(path, "time-limits", message)
