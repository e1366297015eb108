"""`argument-names`: arguments of a script have names of their own, not those that Glue keeps.

Glue itself reads `JOB_NAME`, `debug`, `endpoint` and `mode`, and AWS asks never to set them: the
job may not start, or your script sees Glue's value instead of yours. To a script `a-b` and `a_b`
are one name: getResolvedOptions returns both as `a_b`, so only one of them can arrive.

AWS lists the names in https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html.

    glue:
      script: clean.py
      arguments:
        mode: fast
        train-share: 0.7
        train_share: 0.8
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.glue_script import RUN_ARGUMENT
from generator.problem import Finding

RESERVED = ("JOB_NAME", "debug", "endpoint", "mode")
OURS = RUN_ARGUMENT.removeprefix("--")


def check(subject: Subject) -> Iterator[Finding]:
    for path, job in subject.glue_jobs():
        seen: dict[str, str] = {}
        for name in job.get("arguments", {}):
            where = (*path, "arguments", name)
            if name in RESERVED:
                message = f"Glue keeps the argument '{name}' for itself"
                yield Finding(where, "argument-names", message, "use another name", at_key=True)
            spelled = name.replace("-", "_")
            if spelled == OURS:
                message = f"the argument '{name}' tells a job its run, and cannot be another"
                yield Finding(where, "argument-names", message, "use another name", at_key=True)
            if spelled in seen:
                message = f"'{name}' and '{seen[spelled]}' are the same argument to Glue"
                yield Finding(where, "argument-names", message, "rename one", at_key=True)
            seen[spelled] = name
