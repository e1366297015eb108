"""`secret` for what a file says only once it is read as YAML: behind escapes and aliases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from generator.text_checks import secret
from generator.text_checks.flaw import Flaw


@dataclass(frozen=True)
class Scalar:
    """A text as YAML reads it, for which key, and from where to where it is written."""

    key: str
    text: str
    start: int
    end: int


def may_differ(text: str) -> bool:
    """Tell whether a file may say anything else than what is written in it; it is fast."""
    return "\\" in text or ("&" in text and "*" in text)


_MOST = 1_000
"""Scalars with a secret; a file with as many is refused for those that were found."""


def check(scalars: Iterable[Scalar]) -> Iterator[Flaw]:
    """Yield the scalars that hold a secret; each flaw has its text without escapes."""
    return islice(_flaws(scalars), _MOST)


def _flaws(scalars: Iterable[Scalar]) -> Iterator[Flaw]:
    for each in dict.fromkeys(scalars):  # once, however many aliases repeat it
        found = secret.flaw_of(each.key, each.text) or _flaw_within(each)
        if found is not None:
            hidden = each.text[found.start : found.end]
            yield replace(found, start=each.start, end=each.end, secret=hidden)


def _flaw_within(scalar: Scalar) -> Flaw | None:
    """Return the first flaw of the text by itself; its key may be the telling word."""
    before = f"{scalar.key}\n"
    for flaw in secret.check(before + scalar.text):
        if flaw.start >= len(before):
            start, end = flaw.start - len(before), flaw.end - len(before)
            return replace(flaw, start=start, end=end)
    return None
