"""`stage-missing`: an endpoint serves the model that this pipeline trains."""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    if "endpoint" in subject.written and "training" not in subject.written:
        message = "an endpoint needs a model, but nothing is trained"
        hint = "add a `training:` section"
        yield Finding(("endpoint",), "stage-missing", message, hint, at_key=True)
