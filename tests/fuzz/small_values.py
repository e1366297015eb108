"""Values of the pipeline language that a schema does not describe closely enough."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from schema_values import ANYTHING, LARGEST, TEXT, matching

from generator.checks.schedule import PRESETS

DAY = 86_400
SHORT = matching("^[A-Za-z0-9]{1,9}$")
AT_RUN_TIME = ["{{ run_id }}", "{{ dag_run.run_after | ds_nodash }}", "{{ ds }}"]
"""Templates that every text may hold which Airflow resolves."""

_BUCKET = st.just("${{ env.data_bucket }}") | matching("^[a-z0-9]{3,9}(-[a-z0-9]{1,9})?$")
PREFIXES = st.builds(
    lambda bucket, folders: "/".join(["s3:/", bucket, *folders, ""]),
    _BUCKET,
    st.lists(SHORT | st.sampled_from(AT_RUN_TIME), max_size=3),
)
"""S3 prefixes, some of which differ from run to run."""


def durations(least: int, most: int) -> st.SearchStrategy[str]:
    """Return spans of ``least`` to ``most`` seconds in the ways that people write them."""
    days = range(-(-least // DAY), most // DAY + 1)
    minutes = st.integers(-(-least // 60), most // 60)
    return st.one_of(
        minutes.map("{}m".format),
        minutes.map(lambda count: f"{count // 60}h{count % 60}m"),
        st.integers(least, most).map("{}s".format),
        *([st.sampled_from(days).map("{}d".format)] if days else []),
    )


def _cron_field(first: int, last: int, names: str = "") -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.lists(number.map(str), min_size=2, max_size=4, unique=True).map(",".join),
        st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}"),
        st.integers(1, last).map("*/{}".format),
        *map(st.just, names.split()),
    )


# Every month has a 28th, so each of these comes round.
_CRON = st.tuples(
    _cron_field(0, 59),
    _cron_field(0, 23),
    _cron_field(1, 28),
    _cron_field(1, 12, "JAN jun DEC"),
    _cron_field(0, 6, "MON sun TUE-FRI mon,wed"),
)
SCHEDULES = st.sampled_from(PRESETS) | _CRON.map(" ".join)
DATES = st.dates().map(str)


@st.composite
def params(draw: st.DrawFn) -> dict[str, Any]:
    """Return one parameter whose default keeps the rules that stand beside it."""
    kind = draw(st.sampled_from(sorted(_PARAMS)))
    about = {"type": kind, **draw(_PARAMS[kind])}
    if draw(st.booleans()):
        about["enum"] = [about["default"], *draw(st.lists(ANYTHING, max_size=2))]
    return about | draw(st.fixed_dictionaries({}, optional={"title": TEXT, "description": TEXT}))


def _numbers(number: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(number, number, number).map(
        lambda three: dict(zip(("minimum", "default", "maximum"), sorted(three), strict=True))
    )


def _defaults(value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"default": value})


_PARAMS = {
    "array": _defaults(st.lists(ANYTHING, max_size=3)),
    "boolean": _defaults(st.booleans()),
    "integer": _numbers(st.integers(-LARGEST, LARGEST)),
    "number": _numbers(st.floats(allow_nan=False, allow_infinity=False)),
    "object": _defaults(st.dictionaries(TEXT, ANYTHING, max_size=3)),
    "string": TEXT.map(
        lambda text: {"default": text, "minLength": len(text) // 2, "maxLength": len(text) + 1}
    ),
}
