"""Quotes go where YAML needs them, and nowhere else."""

from __future__ import annotations

import pytest

from generator.yaml_file.data import parse
from generator.yaml_file.quoting import Unquoted, quoted, unquoted, written


@pytest.mark.parametrize("text", ["churn", "G.1X", "binary:logistic", "s3://bucket/x/", "a-b_c"])
def test_plain_text_stays_plain(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    "text",
    ["2026", "true", "null", "1e3", "", "-", "a:", "@daily", "a: b", "a #b", "[a]", "é\n", 'a "b"'],
)
def test_text_that_yaml_would_read_as_something_else_is_quoted(text: str) -> None:
    assert written(text).startswith('"')
    assert parse(written(text))[1] == text


@pytest.mark.parametrize("text", ["it's", 'a "b"', "\\d", "tab\t", "ü😀", "\x85"])
@pytest.mark.parametrize("style", ["'", '"'])
def test_quoted_text_reads_back_as_itself(text: str, style: str) -> None:
    assert parse(quoted(text, style))[1] == text


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("schedule: @daily", Unquoted(11, 17, "@daily", '"@daily"')),
        ("  - x: %d  # note", Unquoted(8, 10, "%d", '"%d"')),
        ("schedule: 0 6 * * *", None),
        ("schedule: * 6 * * *", Unquoted(11, 20, "* 6 * * *", '"* 6 * * *"')),
        ("base: *shared", None),
        ("day: {{ ds }}/{{ ts }} ", Unquoted(6, 23, "{{ ds }}/{{ ts }}", '"{{ ds }}/{{ ts }}"')),
        ('day: {{ params["d"] }}', Unquoted(6, 23, '{{ params["d"] }}', "'{{ params[\"d\"] }}'")),
        ("day: {{ ds }", None),
        ("days: {a: 1}", None),
        ("day: '{{ ds }}'", None),
        ("", None),
    ],
)
def test_a_text_that_lacks_quotes_is_found(line: str, found: Unquoted | None) -> None:
    assert unquoted(line) == found
