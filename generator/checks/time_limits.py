"""`time-limits`: no time limit is beyond what the service takes.

A Glue job may run for less than 7 days, a SageMaker training job for at most 28 days. On spot
capacity `max_wait` covers the waiting and the training together, so the 28 days count for it, too.
AWS refuses a longer limit when it is the job's turn, after the stages before it have run.

An endpoint is waited for: in service within a day, or not at all.

Sources: https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html and
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html

    glue:
      script: clean.py
      timeout: 10d
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
