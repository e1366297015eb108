"""`container-image`: the training image is known: the built-in one of the region, or your own.

AWS keeps the images of the built-in XGBoost in a registry of its own in each region, and not in
every region. Elsewhere, name an `image` that the job's role may read. Beside an `image` of your
own `version` has no effect, because it chooses among the built-in ones.

    training:
      instance_type: ml.m5.large
      version: "3.2-0"
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:7
      hyperparameters: {depth: 5}
      channels:
        train: {source: s3://bucket/train/}
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding
from generator.stages.training import DEFAULT_VERSION
from generator.xgboost_images import image_uri

RULE = "container-image"


def check(subject: Subject) -> Iterator[Finding]:
    training = subject.training
    if not training:
        return
    if "image" in subject.written["training"]:
        if "version" in training:
            message = "'version' has no effect beside 'image'"
            yield Finding(("training", "version"), RULE, message, "remove one", at_key=True)
        return
    region = subject.environment.values["region"]
    if image_uri(region, training.get("version", DEFAULT_VERSION)) is None:
        message = f"AWS has no known XGBoost container in region '{region}'"
        yield Finding(("training",), RULE, message, "give an `image`", at_key=True)
