"""`param-default`: a parameter's default fits the parameter's own rules.

Airflow checks the default against `type`, `minimum`, `enum` and so on whenever a scheduled run
starts, because nobody is there to fill in its form. A default that does not fit fails every such
run before its first task; with a schedule Airflow does not even take the pipeline.

    params:
      share: {type: number, default: 2, maximum: 1}
    glue:
      script: clean.py
      arguments:
        share: "{{ params.share }}"
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    params = subject.data.get("params")
    if not params:
        return
    from jsonschema import Draft202012Validator  # here, because few pipelines have params

    for name, schema in params.items():
        for broken in Draft202012Validator(schema).iter_errors(schema.get("default")):
            if "default" in schema:
                path = ("params", name, "default")
                message = f"the default of '{name}' breaks its own rule: {broken.message}"
                yield Finding(path, "param-default", message)
