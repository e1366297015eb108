"""`param-default`: a parameter's default fits the parameter's own rules.

Airflow validates the default whenever a scheduled run starts, and fails the run.
"""

from collections.abc import Iterator

from jsonschema import Draft202012Validator, SchemaError

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    for name, schema in subject.data.get("params", {}).items():
        if "default" not in schema:
            continue
        path = ("params", name)
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            message = f"parameter '{name}' is not a JSON Schema: {error.message}"
            yield Finding(path, "param-default", message, at_key=True)
            continue
        for broken in Draft202012Validator(schema).iter_errors(schema["default"]):
            message = f"the default of '{name}' breaks its own rule: {broken.message}"
            yield Finding((*path, "default"), "param-default", message)
