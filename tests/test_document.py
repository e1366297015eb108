"""YAML text becomes data with positions, whatever is thrown at it."""

from __future__ import annotations

import pytest

from generator.document import Document, read
from generator.problem import Finding, Path, Problem


def document(text: str | bytes) -> Document:
    result = read(text, "f.yaml")
    assert isinstance(result, Document), result
    return result


def problem(text: str | bytes) -> Problem:
    result = read(text, "f.yaml")
    assert isinstance(result, Problem), result
    return result


def position(document: Document, path: Path, at_key: bool = False) -> tuple[int, int]:
    placed = document.place(Finding(path, "rule", "message", at_key=at_key))
    return placed.line, placed.column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-2", -2),
        ("0.7", 0.7),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("010", "010"),
        ("1:30", "1:30"),
        ("2026-01-05", "2026-01-05"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ('"5.0"', "5.0"),
        ("5.0", 5.0),
        ("0x10", "0x10"),
    ],
)
def test_plain_scalars_mean_what_a_data_scientist_means(text: str, value: object) -> None:
    found = document(f"a: {text}").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_every_value_and_key_has_its_place() -> None:
    parsed = document("a:\n  - b: 1\n    c: {d: 2}\n")
    assert position(parsed, ("a", 0, "b")) == (2, 8)
    assert position(parsed, ("a", 0, "b"), at_key=True) == (2, 5)
    assert position(parsed, ("a", 0, "c", "d")) == (3, 12)


def test_what_is_missing_is_shown_at_its_parents_name() -> None:
    assert position(document("a:\n  b: 1\n"), ("a", "missing")) == (1, 1)
    assert position(document("x: 1\na:\n  b: 1\n"), ("a", "missing", "deeper")) == (2, 1)


def test_anchors_and_merged_keys_are_followed_to_where_they_were_written() -> None:
    parsed = document("a: &a {b: 1}\nc:\n  <<: *a\n  d: 2\n")
    assert parsed.data["c"] == {"b": 1, "d": 2}
    assert position(parsed, ("c", "b")) == (1, 11)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    assert document(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").data == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "a: " + "{b: " * 5_000,
        "- " * 100_000,
        "a: &a [*a]",
        "\n".join(
            f"k{i}: &k{i} [{', '.join([f'*k{i - 1}'] * 9)}]" if i else "k0: &k0 [x]"
            for i in range(30)
        ),
        "a: " + "9" * 100_000,
        "a: 1e999",
        "a: .inf\nb: !!float .nan",
        "? [a, b]\n: 1",
        "a: !!binary aGVsbG8=",
        "a: !!python/object/apply:os.system [ls]",
        "a: !!int x",
        "<<: [1]",
        "a: \ud800".encode("utf-8", "surrogatepass"),
        b"\xfe\xff\x00a",
        "x" * 2_000_000,
        "%YAML 9.9\n---\na: 1",
        "a: 'unclosed",
    ],
    ids=lambda text: repr(text)[:30],
)
@pytest.mark.timeout(60)
def test_hostile_text_is_refused_and_never_hangs_or_raises(text: str | bytes) -> None:
    result = read(text, "f.yaml")
    assert isinstance(result, Problem) or result.data == {"a": ".inf", "b": None}


def test_a_key_written_twice_is_refused_at_the_second() -> None:
    found = problem("a: 1\nb: 2\na: 3\n")
    assert (found.line, found.column) == (3, 1)
