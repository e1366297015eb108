"""`run-conf`: a value from a run's configuration has a default.

`dag_run.conf` is what somebody types when they start a run by hand. A scheduled run has none, so
the task that reads `dag_run.conf.day` in one fails: "'None' has no attribute 'day'".

Declare the value under `params` and read `{{ params.day }}`: Airflow's form then asks for it and
checks it, and every run has the default. Or add a default to the text:
`{{ dag_run.conf.day | default('all') }}`.

    glue:
      script: clean.py
      arguments:
        day: "{{ dag_run.conf.day }}"
"""

from collections.abc import Iterator

from generator.checks.subject import Subject
from generator.expressions.run_time_lookup import Lookup, lookups
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    for path, text in subject.run_time_templates:
        for lookup in filter(_may_fail, lookups(text)):
            name = ".".join(step or "…" for step in lookup.names)
            message = f"'{name}' is missing in a run that is started without it, such as every "
            message += "scheduled one, and its task then fails"
            hint = _advice(lookup)
            yield Finding(path, "run-conf", message, hint, "warning")


def _may_fail(lookup: Lookup) -> bool:
    """A default helps where it follows the first value, not one inside of that."""
    inside = lookup.names[:2] == ("dag_run", "conf") and len(lookup.names) > 2
    return inside and not (lookup.guarded and len(lookup.names) == 3)


def _advice(lookup: Lookup) -> str:
    name = lookup.names[2]
    if not name or len(lookup.names) > 3:
        return "declare a parameter under `params` and read that"
    return (
        f"declare '{name}' under `params` and write {{{{ params.{name} }}}}, "
        f"or add a default: {{{{ dag_run.conf.{name} | default('…') }}}}"
    )
