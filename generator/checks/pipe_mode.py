"""`pipe-mode`: the channel's input mode is one that the container can read.

In Pipe mode the data stream through the container instead of being copied to its disk first.
Container 3.2-0 has dropped it, and no version reads libsvm that way: the job fails as soon as it
starts. `FastFile` streams, too, and every version can read it.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: s3://bucket/train/, input_mode: Pipe}
"""

from collections.abc import Iterator

from generator.checks.algorithm import builtin
from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    if algorithm is None:
        return
    for name, channel in subject.training.get("channels", {}).items():
        if channel.get("input_mode") != "Pipe":
            continue
        path = ("training", "channels", name, "input_mode")
        if algorithm.version == "3.2-0":
            message = "XGBoost container 3.2-0 has no Pipe mode"
            yield Finding(path, "pipe-mode", message, "use FastFile")
        elif channel.get("content_type") == "text/libsvm":
            yield Finding(path, "pipe-mode", "libsvm cannot be read in Pipe mode", "use FastFile")
