"""`param-default`: a parameter's default fits the parameter's own rules.

Airflow validates the default whenever a scheduled run starts, and fails the run.
"""

from collections.abc import Iterator

from jsonschema import Draft202012Validator

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    for name, schema in subject.data.get("params", {}).items():
        for broken in Draft202012Validator(schema).iter_errors(schema.get("default")):
            if "default" in schema:
                path = ("params", name, "default")
                message = f"the default of '{name}' breaks its own rule: {broken.message}"
                yield Finding(path, "param-default", message)
