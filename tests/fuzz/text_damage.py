"""Damage to the lines of a text and to the bytes of a file, as merges and bad copies do it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from odd_values import ODD_TEXTS, TOKENS

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
