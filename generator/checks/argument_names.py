"""`argument-names`: arguments of a script do not use Glue's own names.

Glue reads these itself and AWS asks never to set them; a hyphen and an underscore are the same
to getResolvedOptions.
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding

RESERVED = ("JOB_NAME", "debug", "endpoint", "mode")


def check(subject: Subject) -> Iterator[Finding]:
    for path, job in subject.glue_jobs():
        seen: dict[str, str] = {}
        for name in job.get("arguments", {}):
            where = (*path, "arguments", name)
            if name in RESERVED:
                message = f"Glue keeps the argument '{name}' for itself"
                yield Finding(where, "argument-names", message, "use another name", at_key=True)
            spelled = name.replace("-", "_")
            if spelled in seen:
                message = f"'{name}' and '{seen[spelled]}' are the same argument to Glue"
                yield Finding(where, "argument-names", message, "rename one", at_key=True)
            seen[spelled] = name
