"""What people, merges and attackers do to a file: mistakes in its data, its lines and its bytes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from schema_values import ANYTHING

Path = tuple[Any, ...]

ODD_TEXTS = [
    *(
        "",
        " ",
        "\n",
        "\t",
        "\x00",
        "\x07",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u202e",
    ),
    *("\ud800", "\udfff", "\U0001f600", "e\u0301", "<<", "*", "&a", "!!python/none", "%", "- a"),
    *("null", "true", "on", "010", "1e3", "1e999", ".nan", "2026-01-05", "2026-02-30", "a" * 3_000),
    *("{{ ds }}", "{{ ds", "{{ var.value.x }}", "{{ params.nothing }}", "{% for x in y %}", "{#"),
    *("{{ macros.ds_add(ds, 1) }}", "{{ ''.__class__ }}", "{{ 9**9**9 }}", "{{ {{ }}", "}}"),
    *("${{ env.data_bucket }}", "${{ env.nothing }}", "${{ env }}", "${{ }}", "${{", "${{ 1/0 }}"),
    *("${{ env.name.upper() }}", "${{ env | list }}", "${{ '${{ env.name }}' }}", "a${{ 5 }}b"),
    *("${{ '\\x00' }}", "${{ '\\ud800' }}", "${{ env.nothing | default('\\x1b[2J') }}"),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "clean.py",
        "a.py\n",
        "s3://",
        "s3://b/{{ ds }}/",
        "@daily",
    ),
    *("* * * * *", "0 0 30 2 *", "60 * * * *", "* * * * * *", "0s", "9999d99999h", "1h\n", "-1d"),
    *(
        "arn:aws:iam::1:role/x",
        "AKIAIOSFODNN7EXAMPLE",
        "$(id)",
        "'; drop table dag",
        "glue",
        "name",
    ),
]
ODD_NUMBERS = [
    *(0, -1, 1, 2**31, 2**63, 2**64, 10**39, -(10**39), 0.0, -0.0, 1.0, 0.5, 1e-300, 1e300, 5e-324),
]
GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_TEXTS),
    st.text(st.characters(), max_size=10),
    st.sampled_from([[], {}, [[]], {"": {}}, [None], {"a": None}, [{}], [[[[[[]]]]]]]),
    ANYTHING,
)
_ODD_KEYS = st.sampled_from([None, 5, 1.5, True, (1, 2), *ODD_TEXTS])


def paths(node: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each value, from the outside in."""
    if path:
        yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from paths(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from paths(value, (*path, index))


def at(node: Any, path: Path) -> Any:
    """Return the value at a path."""
    for step in path:
        node = node[step]
    return node


def _delete(draw: st.DrawFn, data: Any, path: Path) -> None:
    del at(data, path[:-1])[path[-1]]


def _replace(draw: st.DrawFn, data: Any, path: Path) -> None:
    at(data, path[:-1])[path[-1]] = draw(GARBAGE)


def _rename(draw: st.DrawFn, data: Any, path: Path) -> None:
    parent = at(data, path[:-1])
    if isinstance(parent, dict):
        old = path[-1]
        position = draw(st.integers(0, len(str(old))))
        slip = draw(st.sampled_from(["", "x", "_", "-"]))
        typo = str(old)[:position] + slip + str(old)[position + 1 :]
        parent[draw(st.just(typo) | _ODD_KEYS)] = parent.pop(old)


def _shift(draw: st.DrawFn, data: Any, path: Path) -> None:
    """Move a number out of its range, or give any other value as the text of itself."""
    value = at(data, path)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    changed = [-value, value * 1000, value + 0.5, str(value)] if number else [str(value), [value]]
    at(data, path[:-1])[path[-1]] = draw(st.sampled_from(changed))


def _swap(draw: st.DrawFn, data: Any, path: Path) -> None:
    """Put a copy of one value where another is."""
    other = draw(st.sampled_from(list(paths(data))))
    at(data, path[:-1])[path[-1]] = copy.deepcopy(at(data, other))


def _add(draw: st.DrawFn, data: Any, path: Path) -> None:
    """Give a mapping or list an entry that it shall not have."""
    value = at(data, path)
    if isinstance(value, dict):
        value[draw(_ODD_KEYS | st.sampled_from(_KEYS))] = draw(GARBAGE)
    elif isinstance(value, list):
        value.append(draw(GARBAGE))


_KEYS = ["image", "channels", "spot", "name", "needs", "output", "operator", "__type__", "<<"]
_DATA_MUTATIONS = [_delete, _replace, _rename, _shift, _swap, _add]


@st.composite
def mutated_data(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a pipeline with one to four mistakes."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 4))):
        known = list(paths(data))
        if known:
            draw(st.sampled_from(_DATA_MUTATIONS))(draw, data, draw(st.sampled_from(known)))
    return data


_Lines = list[str]


def _repeat_line(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    lines.insert(draw(st.integers(0, len(lines))), lines[index])


def _drop_line(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    del lines[index]


def _indent(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    lines[index] = draw(st.sampled_from([" ", "  ", "\t", "- "])) + lines[index]


def _dedent(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    lines[index] = lines[index][draw(st.integers(1, 3)) :]


def _swap_lines(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    other = draw(st.integers(0, len(lines) - 1))
    lines[index], lines[other] = lines[other], lines[index]


def _insert_token(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    position = draw(st.integers(0, len(lines[index])))
    token = draw(st.sampled_from(TOKENS))
    lines[index] = lines[index][:position] + token + lines[index][position:]


def _break_line(draw: st.DrawFn, lines: _Lines, index: int) -> None:
    position = draw(st.integers(0, len(lines[index])))
    lines[index : index + 1] = [lines[index][:position], lines[index][position:]]


TOKENS = [
    *(
        "'",
        '"',
        "|",
        ">",
        "|-\n",
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        ":",
        "- ",
        "? ",
        "#",
        " # ",
        "&a ",
    ),
    *("*a", "!", "!!str ", "!!python/object/apply:os.system ['id']", "!!binary ", "%YAML 9.9\n"),
    *(
        "---\n",
        "...\n",
        "<<: *a\n",
        "<<: [*a, *b]\n",
        "\t",
        "\r",
        "\x00",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *(
        "@",
        "`",
        "${{ env.name }}",
        "${{",
        "{{ ds }}",
        "null",
        "~",
        "1e999",
        "0x1F",
        "1:30",
        "=",
        "\\",
    ),
    *('"\\ud800"', '"\\0"', '"\\x1b[2J"', "a: &a [*a, *a]\n", "? [a, b]\n: c\n", "name: again\n"),
]
_LINE_MUTATIONS: list[Callable[[st.DrawFn, _Lines, int], None]] = [
    *(_repeat_line, _drop_line, _indent, _dedent, _swap_lines, _insert_token, _break_line),
]


@st.composite
def mutated_text(draw: st.DrawFn, text: str) -> str:
    """Return a text with one to four damaged lines."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        if lines:
            index = draw(st.integers(0, len(lines) - 1))
            draw(st.sampled_from(_LINE_MUTATIONS))(draw, lines, index)
    return "\n".join(lines)


_BYTE_TOKENS = [
    *(token.encode("utf-8", "surrogatepass") for token in [*TOKENS, *ODD_TEXTS]),
    *(
        b"\xff",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *(
        b"[" * 60,
        b"{" * 600,
        b"- " * 600,
        b"? " * 100,
        b"  " * 300,
        b"9" * 5_000,
        b"a" * 2_000 + b": ",
    ),
]


@st.composite
def mutated_bytes(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Return one of ``seeds`` with bytes flipped, put in, taken out, cut off or of another seed."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 30))
        rest = content[start + length :]
        middle = draw(
            st.just(b"")
            | st.binary(max_size=4)
            | st.sampled_from(_BYTE_TOKENS)
            | st.just(content[start : start + length] * 2)
            | st.just(bytes(byte ^ 1 << length % 8 for byte in content[start : start + length]))
        )
        if draw(st.integers(0, 9)) == 0:
            other = draw(st.sampled_from(seeds))
            rest = other[draw(st.integers(0, len(other))) :]
        content = content[:start] + middle + rest
    return content
