"""`file-name`: a pipeline is named like its file.

The name becomes the DAG's id, and a worker that runs a task of a DAG reads only the file with
that name. Rename the file or the pipeline.
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    name, stem = subject.data.get("name"), subject.file.stem
    if name is not None and name != stem:
        message = f"the pipeline is named '{name}' but its file '{subject.file.name}'"
        yield Finding(("name",), "file-name", message, f"write `name: {stem}` or rename the file")
