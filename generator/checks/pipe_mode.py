"""`pipe-mode`: the channel's input mode is one that the container can read.

XGBoost container 3.2-0 dropped Pipe mode, and none reads libsvm through it.
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding
from generator.stages.training import DEFAULT_VERSION


def check(subject: Subject) -> Iterator[Finding]:
    training = subject.training
    version = training.get("version", DEFAULT_VERSION)
    for name, channel in training.get("channels", {}).items():
        if channel.get("input_mode") != "Pipe" or "image" in training:
            continue
        path = ("training", "channels", name, "input_mode")
        if version == "3.2-0":
            message = "XGBoost container 3.2-0 has no Pipe mode"
            yield Finding(path, "pipe-mode", message, "use FastFile")
        elif channel.get("content_type") == "text/libsvm":
            yield Finding(path, "pipe-mode", "libsvm cannot be read in Pipe mode", "use File")
