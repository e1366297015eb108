"""What is wrong with a file whatever it says as YAML: one rule per module, like ``checks``.

They see the text itself, comments too, also of a file that is no YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from generator.text_checks import hidden_character, secret
from generator.text_checks.flaw import Flaw

TextCheck = Callable[[str], Iterator[Flaw]]

CHECKS: tuple[TextCheck, ...] = (
    secret.check,
    hidden_character.check,
)
"""Every rule."""


_MOST = 1_000
"""Flaws of one kind; a file with more is refused anyway."""


def check(text: str) -> list[Flaw]:
    """Run every rule and return what they found."""
    return [flaw for rule in CHECKS for flaw in islice(rule(text), _MOST)]
