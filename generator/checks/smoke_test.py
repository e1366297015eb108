"""`smoke-test`: the new model is asked something, and its answers can be right.

Before a run is called good, its endpoint must answer a few rows: `samples`, or rows of the
validation data, where that is CSV or libsvm. From other formats no rows can be taken.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/, content_type: application/x-parquet}
    endpoint:
      name: example
      instance_type: ml.m5.large
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding
from generator.stages.training import READABLE

RULE = "smoke-test"


def check(subject: Subject) -> Iterator[Finding]:
    endpoint = subject.data.get("endpoint")
    if endpoint is None:
        return
    test = endpoint.get("smoke_test", {})
    least, most = test.get("minimum"), test.get("maximum")
    if least is not None and most is not None and least > most:
        message = f"the minimum ({least}) is above the maximum ({most})"
        yield Finding(("endpoint", "smoke_test", "minimum"), RULE, message)
    written = subject.written["endpoint"].get("smoke_test")
    if isinstance(written, dict) and "samples" in written:
        return
    channels = subject.training.get("channels", {}).values()
    formats = [each.get("content_type", "text/csv") for each in channels if each is not None]
    if formats and not set(formats) & set(READABLE):
        message = "the new model is asked nothing: no rows can be taken from this format"
        hint = 'add `smoke_test: {samples: ["…"]}`'
        yield Finding(("endpoint",), RULE, message, hint, "warning", at_key=True)
