"""`objective`: the container can train the objective on the data that it gets.

`survival:aft` learns from a range of times for each row, and no file format of the container has
columns for a range: XGBoost ends every such job with `labels_lower_bound_`. Container 1.7-1 has
no `reg:absoluteerror` yet, and `reg:linear` is an old name.

The `rank:` objectives learn the order of rows within a query. Only libsvm files can say which
rows belong together (`qid:7`); from any other format XGBoost takes all rows for one query, which
trains, but not what was meant.

    training:
      instance_type: ml.m5.large
      hyperparameters: {objective: rank:ndcg, num_round: 100}
      channels:
        train: {source: s3://bucket/train/, content_type: text/csv}
"""

from collections.abc import Iterator

from generator.checks.algorithm import builtin, content_type
from generator.checks.subject import Subject
from generator.problem import Finding

RULE = "objective"


def check(subject: Subject) -> Iterator[Finding]:
    algorithm = builtin(subject)
    objective = algorithm.values.get("objective") if algorithm else None
    if algorithm is None or objective is None:
        return
    path = algorithm.path("objective")
    if objective == "survival:aft":
        message = "the container cannot train survival:aft: its data have no column for a range"
        yield Finding(path, RULE, message, "use survival:cox, or an `image` of your own")
    if objective == "reg:absoluteerror" and algorithm.version == "1.7-1":
        message = "container 1.7-1 does not know reg:absoluteerror"
        yield Finding(path, RULE, message, 'use reg:pseudohubererror, or `version: "3.2-0"`')
    if objective == "reg:linear":
        message, name = "reg:linear is an old name", "reg:squarederror"
        yield Finding(path, RULE, message, f"write {name}", "warning", replacement=name)
    if objective.startswith("rank:") and content_type(subject) not in (None, "text/libsvm"):
        message = f"{objective} takes all rows for one query: {content_type(subject)} names none"
        hint = "write the data as libsvm with `qid:`, and `content_type: text/libsvm`"
        yield Finding(path, RULE, message, hint, "warning")
