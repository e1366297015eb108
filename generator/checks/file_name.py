"""`file-name`: a pipeline is named like its file.

The name becomes the id of the Airflow DAG. A worker that is about to run one of its tasks looks
for the file by that name and reads no other, which keeps the start of a task short however many
pipelines there are; under another name it would not be found.

Rename the pipeline or the file. Runs, training jobs and S3 prefixes carry the name, so a pipeline
that has run under one name starts a new history under another.

    schema_version: 1
    name: customer-churn
    owner: growth-data-science
    glue:
      script: clean.py
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    name, stem = subject.data.get("name"), subject.file.stem
    if name is not None and name != stem:
        message = f"the pipeline is named '{name}' but its file '{subject.file.name}'"
        yield Finding(("name",), "file-name", message, f"write `name: {stem}` or rename the file")
