"""`aws-request`: AWS takes every request that the pipeline will send.

What you write becomes requests to AWS: a Glue job, a training job, a model, an endpoint. AWS limits
each value's length, range and spelling, and would refuse a wrong one only when the pipeline runs,
perhaps after hours of preparing data. So the requests are made here already, from the same
templates that make the DAG, and held against AWS's own description of its services.

What only a run can tell is taken at its longest: a `run_id` of 250 characters, a task's 999th try,
a text parameter as long as its `maxLength`. Whether something of that name exists and whether the
account may use it is not asked.

An instance type that is not in AWS's list is only a warning, because that list grows.

    schema_version: 1
    name: example
    owner: growth-data-science
    training:
      instance_type: ml.m5.larg
      hyperparameters: {objective: binary:logistic, num_round: 100}
      channels:
        train: {source: "s3://my-bucket/{{ run_id }}/{{ run_id }}/{{ run_id }}/{{ run_id }}/train/"}
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.aws_requests.expansion import Expansion, Origin
from generator.aws_requests.refusal import GROWING, hint, message
from generator.aws_requests.requests import Request, requests
from generator.aws_requests.service_model import extract
from generator.aws_requests.shapes import Violation
from generator.checks.subject import value_at
from generator.problem import Finding

RULE = "aws-request"


def check(expansion: Expansion) -> Iterator[Finding]:
    """Find what AWS would refuse, once for each key that decides it."""
    seen = set()
    for request in requests(expansion.configuration):
        for violation in extract(request.service).violations(request.operation, request.values):
            origin = expansion.origin(request, violation.path)
            if (origin, violation.constraint) not in seen:
                seen.add((origin, violation.constraint))
                yield _finding(expansion, request, violation, origin)


def _finding(
    expansion: Expansion, request: Request, violation: Violation, origin: Origin
) -> Finding:
    written = value_at(expansion.data, origin.path)
    said = message(violation, request.operation, expansion.is_template(request, violation.path))
    advice = hint(violation, written)
    if origin.env:
        name = expansion.environment.name
        said = f"environment '{name}' gives {origin.env} a value that cannot be sent: {said}"
        advice = advice or f"change environments/{name}.yaml"
    is_name = violation.value == violation.path[-1]
    at_key = is_name or bool(origin.env) or isinstance(written, (dict, list))
    may_be_new = violation.constraint == "enum" and violation.shape in GROWING
    level = "warning" if may_be_new else "error"
    return Finding(origin.path, RULE, said, advice, level, at_key)
