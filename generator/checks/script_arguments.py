"""`script-arguments`: a Glue job gives the arguments that its script needs, and only those.

A script asks for its arguments with getResolvedOptions, and that function ends the job when one of
them was not given: minutes after the start, when the workers are paid for. So a missing argument
is an error. An argument that the script never reads changes nothing, though somebody meant it to;
that is a warning, and an error where it looks like the misspelling of a missing one.

Three arguments come by themselves: `JOB_NAME` from Glue, `output` (where to write) and, for every
job under `needs`, `input_<job>` (where that job has written). An argument is optional where the
script asks for it only if it was given, as glue_scripts/customer_churn.py does. Scripts are read,
never run: what cannot be told from the text alone is believed to be right.

    # glue_scripts/split.py
    import sys
    from awsglue.utils import getResolvedOptions
    arguments = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "label", "output"])

    # pipelines/example.yaml
    glue:
      script: split.py
      arguments: {sorce: "s3://bucket/in/"}
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from generator.checks.argument_names import RESERVED
from generator.checks.subject import Subject, value_at
from generator.glue_script.script import GlueScript, read_script
from generator.problem import Finding, Path, did_you_mean, only_match
from generator.stages.glue import DEFAULT_NAME, GlueJob, input_argument
from generator.yaml_file.quoting import written

RULE = "script-arguments"

OF_GLUE = ("TempDir", "class", "conf", "scriptLocation")
"""Arguments that Glue itself reads; all others of them have a hyphen, as no script's own has.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""


def check(subject: Subject) -> Iterator[Finding]:
    jobs = dict(subject.glue_jobs())
    names = [job.get("name", DEFAULT_NAME) for job in jobs.values()]
    for path, job in jobs.items():
        given = value_at(subject.written, path).get("arguments", {})
        file = subject.script(job)
        if file is None or not isinstance(given, dict):
            continue
        version = job.get("glue_version", GlueJob.glue_version)
        script = read_script(file, version)
        missing = script.required - given.keys() - _by_themselves(job, names, script)
        spare = _spare(script, given)
        meant = _meant(spare, missing)
        for name in spare:
            where = (*path, "arguments", name)
            unused = script.known - given.keys() - set(meant.values())
            yield _not_read(where, job["script"], meant.get(name), unused)
        owner = (*path, "arguments") if value_at(subject.own, (*path, "arguments")) else path
        yield from _missing(owner, job["script"], missing - set(meant.values()), names)


def _by_themselves(
    job: Mapping[str, Any], names: Collection[str], script: GlueScript
) -> frozenset[str]:
    """Return the arguments that nobody writes; every input where `needs` is wrong anyway."""
    needs = job.get("needs", [])
    inputs = {input_argument(need) for need in needs if need is not None}
    if any(need not in names for need in needs):
        inputs |= {name for name in script.required if name.startswith(input_argument(""))}
    return frozenset(inputs | {"JOB_NAME", "output"})


def _spare(script: GlueScript, given: Collection[str]) -> list[str]:
    """Return the given arguments that nobody can read."""

    def is_spare(name: str) -> bool:
        if "-" in name:
            return name.replace("-", "_") in script.known and name not in script.known
        ours = (*script.known, *RESERVED, *OF_GLUE, "output")
        return name not in ours and not script.mentions(name)

    return [name for name in given if is_spare(name)] if script.complete else []


def _meant(spare: Collection[str], missing: Collection[str]) -> dict[str, str]:
    """Pair spare arguments with the missing ones that they misspell."""
    meant: dict[str, str] = {}
    for name in spare:
        match = only_match(name, set(missing) - set(meant.values()))
        if match:
            meant[name] = match
    return meant


def _not_read(where: Path, script: str, meant: str | None, unused: Collection[str]) -> Finding:
    name, candidates = str(where[-1]), [meant] if meant else unused
    match = only_match(name, candidates)
    message = f"the script {script} does not read the argument '{name}'"
    hint = did_you_mean(name, candidates) or "remove it, or let the script read it"
    level = "error" if meant else "warning"
    replacement = written(match) if match else None
    return Finding(where, RULE, message, hint, level, at_key=True, replacement=replacement)


def _missing(
    where: Path, script: str, missing: Collection[str], names: Collection[str]
) -> Iterator[Finding]:
    inputs = {input_argument(name): name for name in names}
    for name in sorted(inputs.keys() & set(missing)):
        message = f"the script {script} needs the argument '{name}'"
        hint = f"it comes by itself with `needs: [{inputs[name]}]`"
        yield Finding(where, RULE, message, hint, at_key=True)
    rest = sorted(set(missing) - inputs.keys())
    if rest:
        message = f"the script {script} needs the argument{'s' * (len(rest) > 1)} {_listed(rest)}"
        hint = "add " + ", ".join(f"`{name}: …`" for name in rest) + " under `arguments`"
        yield Finding(where, RULE, message, hint, at_key=True)


def _listed(names: Collection[str]) -> str:
    *most, last = [f"'{name}'" for name in sorted(names)]
    return f"{', '.join(most)} and {last}" if most else last
