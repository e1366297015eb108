"""`evaluation-use`: an evaluation has something to decide, and something to compare with.

With `no_worse_than_production_by` a model is compared with the one that the pipeline's endpoint
serves, and with `if_refused: skip_deployment` a refused one is not deployed there. Without an
`endpoint` section there is neither.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: binary:logistic, num_round: 100, eval_metric: [auc]}
      channels:
        train: {source: s3://bucket/train/}
        validation: {source: s3://bucket/validation/}
    evaluation:
      metrics:
        validation:auc: ">= 0.85"
      no_worse_than_production_by: 0.01
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "evaluation-use"


def check(subject: Subject) -> Iterator[Finding]:
    evaluation = subject.data.get("evaluation", {})
    refusal = ("notify", "on_refusal")
    if "on_refusal" in subject.data.get("notify", {}) and "evaluation" not in subject.written:
        message = "nothing is ever refused: there is no `evaluation` section"
        yield Finding(refusal, RULE, message, "remove it, or add the section", "warning", True)
    if "endpoint" in subject.written:
        return
    if "no_worse_than_production_by" in evaluation:
        path = ("evaluation", "no_worse_than_production_by")
        message = "there is no model in production to compare with: no `endpoint` section"
        yield Finding(path, RULE, message, "remove it, or add the section", at_key=True)
    if evaluation.get("if_refused") == "skip_deployment":
        message = "there is no deployment to skip: no `endpoint` section"
        path = ("evaluation", "if_refused")
        yield Finding(path, RULE, message, "remove it, or add the section", "warning")
