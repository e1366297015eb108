"""`param-unused`: a parameter that the file declares is read by one of its run-time templates.

A parameter shows up in Airflow's form. Somebody who changes it there expects a difference; where
no `{{ params.name }}` reads it, there is none. Read it, or remove it. Parameters that come from a
_defaults.yaml are for several pipelines and need not be read by each.

    params:
      share: {type: number, default: 1}
    glue:
      script: clean.py
      arguments:
        share: 0.5
"""

import re
from collections.abc import Iterator

from generator.checks.subject import Subject, texts
from generator.expressions.run_time_lookup import lookups
from generator.expressions.run_time_template import is_template
from generator.problem import Finding


def check(subject: Subject) -> Iterator[Finding]:
    declared = subject.own.get("params")
    if not isinstance(declared, dict) or not declared:
        return
    # Before `${{ }}` and with what the schema refused: a mistake there is no second one here.
    templates = [text for _, text in texts(subject.unresolved) if is_template(text)]
    if any(_reads_any(text) for text in templates):
        return
    for name in declared:
        if not any(re.search(rf"\b{re.escape(name)}\b", text) for text in templates):
            message = f"nothing reads the parameter '{name}', so changing it has no effect"
            hint = f"write {{{{ params.{name} }}}} where it belongs, or remove it"
            yield Finding(("params", name), "param-unused", message, hint, "warning", at_key=True)


def _reads_any(text: str) -> bool:
    """Tell whether a template reads parameters without saying which."""
    return any(each.names in (("params",), ("params", "")) for each in lookups(text))
