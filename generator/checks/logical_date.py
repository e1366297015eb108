"""`logical-date`: run-time values exist in every run, however it was started.

`ds`, `ts`, `logical_date`, `data_interval_start` and their kin are made from a run's logical date.
A scheduled run has one; a run that is started over REST or by an event may have none, and then the
task that reads one of them fails: "'ds' is undefined".

Every run knows when it was due, `dag_run.run_after`; for a scheduled run that is the same time.
The filters `ds`, `ds_nodash`, `ts` and `ts_nodash` write it in the usual forms. A value that is
followed by `| default(…)` is left alone.

    glue:
      script: clean.py
      arguments:
        day: "{{ ds }}"
"""

from collections.abc import Iterator

from generator.checks.subject import Subject, value_at
from generator.expressions.run_time_lookup import Names, lookups, rewritten
from generator.expressions.run_time_template import refusal
from generator.problem import Finding
from generator.yaml_file.quoting import quoted

INSTEAD = {
    "data_interval_end": "dag_run.run_after",
    "data_interval_start": "dag_run.run_after",
    "ds": "dag_run.run_after | ds",
    "ds_nodash": "dag_run.run_after | ds_nodash",
    "logical_date": "dag_run.run_after",
    "ts": "dag_run.run_after | ts",
    "ts_nodash": "dag_run.run_after | ts_nodash",
}


def check(subject: Subject) -> Iterator[Finding]:
    for path, text in subject.run_time_templates:
        names = _dated(text)
        if names:
            quoted = " and ".join(f"'{name}'" for name in names)
            message = f"{quoted} may be missing: a run that is started over REST or by an event "
            message += "can have no logical date, and its task then fails"
            hint = " and ".join(f"{{{{ {INSTEAD[name]} }}}}" for name in names)
            hint = f"write {hint}, the time when the run was due, which every run has"
            replacement = _mended(text, value_at(subject.unresolved, path))
            yield Finding(path, "logical-date", message, hint, "warning", replacement=replacement)


def _dated(text: str) -> list[str]:
    """Return the names in ``text`` that need a logical date; a default helps a whole name only."""
    found = [each for each in lookups(text) if each.names[0] in INSTEAD]
    return sorted({each.names[0] for each in found if not each.guarded or each.names[1:]})


def _mended(text: str, written: object) -> str | None:
    """Return the YAML scalar that reads ``run_after`` instead, where that is the one right one."""
    good = rewritten(text, _same_for_every_run)
    if refusal(good) is not None or _dated(good) or not isinstance(written, str):
        return None
    mended = rewritten(written, _same_for_every_run)
    return quoted(mended) if mended != written else None


def _same_for_every_run(names: Names) -> str | None:
    first, *rest = names
    # What an interval begins and ends with depends on Airflow's settings.
    if first not in INSTEAD or first.startswith("data_interval"):
        return None
    return ".".join([INSTEAD[first], *rest])
