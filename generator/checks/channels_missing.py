"""`channels-missing`: training knows where its data is.

A training job reads its data through channels: `train`, and `validation` for early stopping and
for metrics on rows that it has not learned from. Where the pipeline has a `glue` section, the
channels may be left out: training then reads what the last Glue job writes to `train/` and
`validation/` below its `--output`.

Without both there is nothing to learn from, and the job would fail after its machine has been
started and paid for. Name the S3 prefixes under `channels`, or add a Glue job that writes them.

    schema_version: 1
    name: example
    owner: growth-data-science
    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: "binary:logistic", num_round: 100}
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
