"""`instance-count`: more instances train faster.

Every instance of a training job gets all of the data. On CPUs XGBoost would have to be given a
part of them on each: so it learns from each row once per instance, which takes as long as on one
instance and costs a multiple. Use a larger instance type instead. Only `use_dask_gpu_training`
divides the data among the instances by itself.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#Instance-XGBoost-distributed-training

    training:
      instance_type: ml.m5.large
      instance_count: 4
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.algorithm import builtin
from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    count = subject.training.get("instance_count", 1)
    if (
        algorithm is None or algorithm.values.get("tree_method") == "exact"
    ):  # which fails on several
        return
    if count > 1 and not algorithm.values.get("use_dask_gpu_training"):
        message = f"each of the {count} instances would train on all of the data"
        hint = "use one larger instance"
        yield Finding(("training", "instance_count"), "instance-count", message, hint, "warning")
