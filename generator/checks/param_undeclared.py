"""`param-undeclared`: a run-time template reads only parameters that `params` declares.

Airflow knows a parameter from `params`. A task that reads another one fails: "has no attribute".
Where `| default(…)` follows it does not fail, but takes the default in every scheduled run, which
is rarely what was meant; so that is a warning.

    params:
      share: {type: number, default: 1}
    glue:
      script: clean.py
      arguments:
        share: "{{ params.shrae }}"
"""

from collections.abc import Iterator

from generator.checks.subject import Subject, value_at
from generator.expressions.run_time_lookup import Lookup, Names, lookups, rewritten
from generator.problem import Finding, Path, did_you_mean, only_match
from generator.yaml_file.quoting import quoted


def check(subject: Subject) -> Iterator[Finding]:
    declared = subject.written.get("params", {})
    if not isinstance(declared, dict):
        return
    for path, text in subject.run_time_templates:
        for lookup in lookups(text):
            if lookup.names[0] == "params" and "".join(lookup.names[1:2]) not in ("", *declared):
                yield _undeclared(subject, path, lookup, list(declared))


def _undeclared(subject: Subject, path: Path, lookup: Lookup, declared: list[str]) -> Finding:
    name = lookup.names[1]
    guarded = lookup.guarded and len(lookup.names) == 2
    message = f"there is no parameter '{name}'" + (", so its default is used" if guarded else "")
    known = "known: " + ", ".join(sorted(declared)) if declared else "`params` declares none"
    hint = did_you_mean(name, declared) or f"declare it under `params`; {known}"
    level = "warning" if guarded else "error"
    replacement = _mended(name, only_match(name, declared), value_at(subject.unresolved, path))
    return Finding(path, "param-undeclared", message, hint, level, replacement=replacement)


def _mended(name: str, meant: str | None, written: object) -> str | None:
    if meant is None or not isinstance(written, str):
        return None

    def change(names: Names) -> str | None:
        return ".".join(["params", meant, *names[2:]]) if names[:2] == ("params", name) else None

    mended = rewritten(written, change)
    return quoted(mended) if mended != written else None
