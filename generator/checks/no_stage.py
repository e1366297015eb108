"""`no-stage`: a pipeline has at least one section that does something."""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding
from generator.stages import READERS


def check(subject: Subject) -> Iterator[Finding]:
    if not any(section in subject.written for section in READERS):
        message = "the pipeline does nothing"
        yield Finding((), "no-stage", message, f"add one of {', '.join(READERS)}")
