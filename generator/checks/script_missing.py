"""`script-missing`: a Glue job's script is a file in glue_scripts/."""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding, did_you_mean


def check(subject: Subject) -> Iterator[Finding]:
    top = subject.glue_scripts
    for path, job in subject.glue_jobs():
        script = job.get("script")
        if script is not None and not (top / script).is_file():
            known = [found.relative_to(top).as_posix() for found in top.rglob("*.py")]
            hint = did_you_mean(script, known) or "add it there"
            message = f"there is no script '{script}' in glue_scripts/"
            yield Finding((*path, "script"), "script-missing", message, hint)
