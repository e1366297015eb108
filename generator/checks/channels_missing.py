"""`channels-missing`: training knows where its data is.

Channels may be left out only where a Glue job of the same pipeline writes them.
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    training = subject.written.get("training")
    if isinstance(training, dict) and "channels" not in training and "glue" not in subject.written:
        message = "training has no data: no `channels`, and no `glue` section that writes any"
        hint = "add `channels: {train: {source: s3://…/}}`"
        yield Finding(("training",), "channels-missing", message, hint, at_key=True)
