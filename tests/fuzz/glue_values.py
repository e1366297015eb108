"""A hypothesis strategy for the `glue` section of a valid pipeline."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from schema_values import TEXT, matching, other_keys, values, whole_schema
from small_values import DAY, PREFIXES, durations

from generator.checks.argument_names import RESERVED

SCRIPTS = {
    "clean.py": "print('clean')\n",
    "prepare/features.py": (
        "import sys\n"
        "from awsglue.utils import getResolvedOptions\n"
        "print(getResolvedOptions(sys.argv, ['JOB_NAME', 'source', 'output']))\n"
    ),
}
"""The scripts that the jobs run; the second needs a source."""

_JOB = whole_schema("stages/glue.schema.json")["else"]
_NAMES = st.lists(values(_JOB["properties"]["name"]), min_size=1, max_size=4, unique=True)
_WITHOUT_ARGUMENTS = values(
    other_keys(_JOB, "arguments", "name", "needs"),
    {("script",): st.sampled_from(sorted(SCRIPTS)), ("timeout",): durations(60, 7 * DAY - 60)},
)
_ARGUMENT_NAMES = matching("^[A-Za-z][A-Za-z0-9_]{0,9}$").filter(
    lambda name: name not in (*RESERVED, "output")
)


@st.composite
def glue_sections(draw: st.DrawFn, templates: list[str]) -> Any:
    """Return one job or a list of jobs; ``templates`` are what their arguments may look up."""
    if draw(st.booleans()):
        return draw(_jobs(templates))
    names = draw(_NAMES)
    jobs = []
    for index, name in enumerate(names):
        job = {"name": name, **draw(_jobs(templates))}
        # Of the jobs before it only, so that no two wait for each other.
        needs = draw(st.lists(st.sampled_from(names[:index]), unique=True)) if index else []
        jobs.append({**job, "needs": needs} if needs else job)
    return draw(st.permutations(jobs))


@st.composite
def _jobs(draw: st.DrawFn, templates: list[str]) -> dict[str, Any]:
    job = draw(_WITHOUT_ARGUMENTS)
    scalars = TEXT | st.sampled_from(templates) | st.booleans() | st.integers() | st.floats(0, 1)
    arguments = draw(st.dictionaries(_ARGUMENT_NAMES, scalars, max_size=4))
    if draw(st.booleans()):
        arguments["output"] = draw(PREFIXES)
    if job["script"] == "prepare/features.py":
        arguments["source"] = draw(PREFIXES)
    return {**job, "arguments": arguments} if arguments else job
