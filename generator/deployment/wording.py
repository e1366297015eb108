"""Numbers as people read them."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(number: int) -> str:
    """Return a number of bytes as ``512 bytes``, ``1.5 kB``, ``12 MB``."""
    if number < 1000:
        return count(number, "byte")
    value, unit = (number / 1e3, "kB") if number < 999_500 else (number / 1e6, "MB")
    return f"{value:.{1 if value < 9.95 else 0}f} {unit}"
