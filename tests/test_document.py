"""YAML text becomes data with positions, whatever is thrown at it."""

from __future__ import annotations

import pytest

from generator.problem import Finding, Path, Problem
from generator.yaml_file.document import Document, read


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


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\n<<: b", 2, 5, "'<<' merges mappings only"),
        ("a: 1\n<<: [{b: 1}, c]", 2, 14, "'<<' merges mappings only"),
        ("<<: {a: 1}\n<<: {b: 1}", 2, 1, "the key '<<' is written twice"),
        ("<<: {a: 1, a: 2}", 1, 12, "the key 'a' is written twice"),
        ("!!merge a: {b: 1}", 1, 1, "the tag '!!merge' is not allowed"),
        ("a: &a\n  b: [*a]", 1, 4, "this holds an alias of itself"),
        ("1: a", 1, 1, "a key must be text"),
        ("a: 1\n~: b", 2, 1, "a key must be text"),
        ("&a [b]: c", 1, 1, "a key must be text"),
        ("a: &a {b: 1}\n? *a\n: 1", 1, 4, "a key must be text"),
        ("a: !!bool yes", 1, 4, "the tag '!!bool' is not allowed"),
        ("a: !!null x", 1, 4, "the tag '!!null' is not allowed"),
        ("a: !!int 0x10", 1, 4, "'0x10' is not a usable number"),
        ("a: !!float infinity", 1, 4, "'infinity' is not a usable number"),
        ("a: !!int 1_000", 1, 4, "'1_000' is not a usable number"),
        ("a: !own b", 1, 4, "the tag '!own' is not allowed"),
        ("a: !!set {b}", 1, 4, "the tag '!!set' is not allowed"),
        ("%TAG ! tag:a.example:\n---\na: 1", 1, 1, "%TAG is not allowed"),
        ("a: 1\n---\nb: 2", 2, 1, "not valid YAML: but found another document"),
        ("- a", 1, 1, "the file must hold `key: value` lines"),
    ],
)
def test_what_is_not_plain_is_refused_in_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    found = problem(text)
    assert (found.line, found.column, found.message) == (line, column, message)


@pytest.mark.parametrize(
    ("content", "message", "column"),
    [
        ("a: é".encode("latin-1"), "the byte 0xE9 is not UTF-8 text", 4),
        ("é: é\nb: ".encode() + b"\xff", "the byte 0xFF is not UTF-8 text", 4),
        ("a: 1".encode("utf-16"), "the file is UTF-16 text, not UTF-8", 1),
        (b"\xfe\xff\x00a", "the file is UTF-16 text, not UTF-8", 1),
        ("a: 1".encode("utf-32"), "the file is UTF-32 text, not UTF-8", 1),
        ("a: \ud800".encode("utf-8", "surrogatepass"), "the byte 0xED is not UTF-8 text", 4),
    ],
)
def test_another_encoding_is_named_and_the_first_wrong_character_shown(
    content: bytes, message: str, column: int
) -> None:
    found = problem(content)
    assert (found.message, found.column) == (message, column)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("other", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\0"])
def test_lines_and_columns_are_those_of_an_editor(other: str, end: str) -> None:
    parsed = document(f"a: 1{other}😀 # {other}{end}é: {{b{other}: 2, c: 3}}{end}")
    assert position(parsed, ("é", "c")) == (2, 15)
    assert problem(f"a: 1 # {other}{end}{end}b: 2{end}b: 3").line == 4


def test_a_key_of_one_character_and_one_line_has_its_end() -> None:
    placed = document("a: 1\n").place(Finding(("a",), "rule", "message", at_key=True))
    assert (placed.column, placed.end_column) == (1, 2)


def test_of_merged_mappings_the_first_wins_and_the_own_keys_before_them() -> None:
    parsed = document("a: {<<: [{b: 1, c: 1}, {b: 2, d: 2}], c: 3}\n")
    assert parsed.data["a"] == {"b": 1, "c": 3, "d": 2}
    assert position(parsed, ("a", "b")) == (1, 14)
    assert position(parsed, ("a", "c")) == (1, 42)
    assert position(parsed, ("a", "d")) == (1, 34)


def test_a_merge_key_in_quotes_is_a_key_like_any_other() -> None:
    parsed = document('"<<": {a: 1}\n')
    assert parsed.data == {"<<": {"a": 1}}
    assert position(parsed, ("<<", "a")) == (1, 11)
