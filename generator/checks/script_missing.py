"""`script-missing`: a Glue job's script is a file in glue_scripts/.

Everything in that folder is copied to S3 together with the pipelines, and Glue loads the script
from there. A script that is not in the folder would fail the job when Glue looks for it. Add it, or
correct the path; it counts from glue_scripts/, with its ending: `growth/clean.py`.

    glue:
      script: claen.py
"""

from collections.abc import Iterator
from pathlib import Path

from generator.checks.subject import Subject
from generator.problem import Finding, did_you_mean, only_match
from generator.project_file import is_within
from generator.yaml_file.quoting import written


def check(subject: Subject) -> Iterator[Finding]:
    top = subject.glue_scripts
    for path, job in subject.glue_jobs():
        script, where = job.get("script"), (*path, "script")
        if script is None:
            continue
        if not is_within(top / script, top.parent):
            message = f"the script '{script}' is a link that leads out of the project"
            yield Finding(where, "script-missing", message, "put the file itself there")
        elif not _is_file(top / script):
            known = [
                found.relative_to(top).as_posix() for found in top.rglob("*.py") if _is_file(found)
            ]
            hint = did_you_mean(script, known) or "add it there"
            message = f"there is no script '{script}' in glue_scripts/"
            meant = only_match(script, known)
            replacement = written(meant) if meant else None
            yield Finding(where, "script-missing", message, hint, replacement=replacement)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be opened, or a name that no file can have
        return False
