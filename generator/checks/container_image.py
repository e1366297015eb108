"""`container-image`: the training image is known: the built-in one of the region, or your own."""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding
from generator.stages.training import DEFAULT_VERSION
from generator.xgboost_images import image_uri


def check(subject: Subject) -> Iterator[Finding]:
    training = subject.training
    if not training:
        return
    if "image" in training:
        if "version" in training:
            message = "'version' has no effect beside 'image'"
            yield Finding(
                ("training", "version"), "container-image", message, "remove one", at_key=True
            )
        return
    region = subject.environment.values["region"]
    if image_uri(region, training.get("version", DEFAULT_VERSION)) is None:
        message = f"AWS has no known XGBoost container in region '{region}'"
        yield Finding(("training",), "container-image", message, "give an `image`", at_key=True)
