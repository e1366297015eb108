"""`gpu`: a GPU is there where one is needed, and used where one is paid for.

`tree_method: gpu_hist` (up to container 3.0-5) and `use_dask_gpu_training` fail on an instance
without a GPU. Dask reads only CSV and Parquet files, not through Pipe mode, and only with
`tree_method` `gpu_hist` or, in the 3.x containers, `hist`. XGBoost itself uses a GPU only when
told to: an `ml.g5` without one of the two trains on its few CPUs, at several times their price.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html#Instance-XGBoost-training-gpu

    training:
      instance_type: ml.m5.xlarge
      hyperparameters: {objective: binary:logistic, num_round: 100, use_dask_gpu_training: true}
      channels:
        train: {source: s3://bucket/train/}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.checks.algorithm import Algorithm, builtin, content_type
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "gpu"
_ACCELERATED = re.compile(r"ml\.(g|gr|inf|p|trn)[0-9]")
_METHODS = {"1.7-1": ("gpu_hist",), "3.0-5": ("gpu_hist", "hist"), "3.2-0": ("hist",)}
"""Container version -> what tree_method must be for Dask."""


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    instance_type = subject.training.get("instance_type")
    if algorithm is None or algorithm.version is None:
        return
    wanting = _wanting(algorithm)
    if algorithm.values.get("use_dask_gpu_training"):
        yield from _dask(algorithm, subject)
    if instance_type is None:
        return
    accelerated = _ACCELERATED.match(instance_type)
    if wanting and not accelerated:
        value = algorithm.values[wanting]
        message = f"{instance_type} has no GPU for {value if wanting == 'tree_method' else wanting}"
        hint = "train without, or take an instance like ml.g5.xlarge"
        yield Finding(algorithm.path(wanting), RULE, message, hint)
    if accelerated and not wanting and algorithm.knows("tree_method"):
        yield _unused(instance_type, algorithm.version)


def _wanting(algorithm: Algorithm) -> str:
    """Return the hyperparameter that asks for a GPU."""
    if algorithm.values.get("use_dask_gpu_training"):
        return "use_dask_gpu_training"
    return "tree_method" if algorithm.values.get("tree_method") == "gpu_hist" else ""


def _unused(instance_type: str, version: str) -> Finding:
    way = "`use_dask_gpu_training: true` and `tree_method: hist`"
    if version != "3.2-0":
        way = "`tree_method: gpu_hist`"
    message = f"the training will not use the accelerator of {instance_type}"
    hint = f"take an instance like ml.m5.xlarge, or add {way}"
    return Finding(("training", "instance_type"), RULE, message, hint, "warning")


def _dask(algorithm: Algorithm, subject: Subject) -> Iterator[Finding]:
    path = algorithm.path("use_dask_gpu_training")
    methods = _METHODS[str(algorithm.version)]
    if algorithm.values.get("tree_method") not in methods and algorithm.knows("tree_method"):
        message = "training with Dask needs tree_method " + " or ".join(methods)
        yield Finding(path, RULE, message, f"add `tree_method: {methods[-1]}`", at_key=True)
    if content_type(subject) not in (None, "text/csv", "application/x-parquet"):
        where = ("training", "channels", "train", "content_type")
        message = f"training with Dask cannot read {content_type(subject)}"
        yield Finding(where, RULE, message, "use text/csv or application/x-parquet")
    channels = subject.training.get("channels", {})
    if channels.get("train", {}).get("input_mode") == "Pipe":
        where = ("training", "channels", "train", "input_mode")
        yield Finding(where, RULE, "training with Dask cannot read a pipe", "use File")
