"""`stage-missing`: an endpoint serves, and an evaluation judges, the model that is trained here.

Each run trains a model, makes a SageMaker model and an endpoint configuration of it, and points the
endpoint there. Without a `training` section there is no model to serve.

Add the section, or leave `evaluation` and `endpoint` out of a pipeline that only prepares data.

    schema_version: 1
    name: example
    owner: growth-data-science
    glue:
      script: clean.py
    endpoint:
      name: example
      instance_type: ml.m5.large
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding

NEEDS = {"evaluation": "an evaluation", "endpoint": "an endpoint"}


def check(subject: Subject) -> Iterator[Finding]:
    for section, words in NEEDS.items():
        if section in subject.written and "training" not in subject.written:
            message = f"{words} needs a model, but nothing is trained"
            hint = "add a `training:` section"
            yield Finding((section,), "stage-missing", message, hint, at_key=True)
