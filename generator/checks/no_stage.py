"""`no-stage`: a pipeline has at least one section that does something.

`glue` prepares data, `training` trains a model and `endpoint` serves it. Any one of the first two
is enough for a pipeline; with none, the DAG would have no task and nothing to run.

    schema_version: 1
    name: example
    owner: growth-data-science
    description: Retrain the churn model every Monday
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding
from generator.stages import READERS


def check(subject: Subject) -> Iterator[Finding]:
    if not any(section in subject.written for section in READERS):
        message = "the pipeline does nothing"
        yield Finding((), "no-stage", message, f"add one of {', '.join(READERS)}")
