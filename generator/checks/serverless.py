"""`serverless`: a serverless endpoint asks for nothing that only instances have.

It has no instances to choose, to count or to add, runs outside a private network, keeps no
requests, and its updates move all requests at once.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
    endpoint:
      name: example
      serverless: {memory_mb: 2048, max_concurrency: 5}
      data_capture: {percent: 10}
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding

_ONLY_INSTANCES = ("instance_type", "instance_count", "deployment", "data_capture", "autoscaling")


def check(subject: Subject) -> Iterator[Finding]:
    written = subject.written.get("endpoint")
    if not isinstance(written, dict) or "serverless" not in written:
        return
    for key in _ONLY_INSTANCES:
        if key in written:
            message = f"a serverless endpoint cannot have '{key}'"
            yield Finding(("endpoint", key), "serverless", message, "remove it", at_key=True)
    if "network" in subject.training or "network" in subject.environment.values:
        message = "a serverless endpoint cannot be in a private network"
        hint = "name an `instance_type` instead"
        yield Finding(("endpoint", "serverless"), "serverless", message, hint, at_key=True)
