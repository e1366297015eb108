"""`container-version`: AWS still maintains the version of the container.

Past the end of its support a container gets no more security fixes, and AWS may take it away.
It still trains and serves; the model of a newer container can differ, so compare them before you
change the version of a model in production.

Source: https://aws.github.io/deep-learning-containers/ (SageMaker XGBoost, end of patch)

    training:
      instance_type: ml.m5.large
      version: "3.0-5"
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.algorithm import builtin
from generator.checks.subject import Subject
from generator.problem import Finding
from generator.xgboost_images import end_of_support, versions


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None or algorithm.version is None:
        return
    if end := end_of_support(algorithm.version):
        message = f"AWS stopped maintaining container {algorithm.version} on {end}"
        hint = f'the newest is "{versions()[-1]}"'
        yield Finding(("training", "version"), "container-version", message, hint, "warning")
