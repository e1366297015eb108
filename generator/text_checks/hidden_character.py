"""`hidden-character`: every character of the file can be seen.

Some characters change what a text says and leave no trace on the screen: zero-width spaces make
two names differ that look alike, and marks for right-to-left writing let a line read otherwise
than the machine reads it, so that nobody who reviews a pull request sees what it does
(https://trojansource.codes). Others, such as NUL or U+2028, end a text or a line for one program
and not for the next.

They mostly arrive by copying from a web page, a chat or a word processor. Delete the characters
around the place and type them anew. Visible characters of every language are welcome, emoji, too.

    name: example
    owner: growth\u200b-data-science
"""

import re
import unicodedata
from collections.abc import Iterator

from generator.lines import end_of_line
from generator.text_checks.flaw import Flaw

RULE = "hidden-character"

CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
"""Of these YAML allows U+0085 only, and as the end of a line."""
LINE_ENDS = "\u2028\u2029"
"""End a line for YAML 1.1, but not for an editor."""
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters"""
INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
JOINERS = "\u200c\u200d\ufe00-\ufe0f"
"""Part of emoji and of words in several scripts, but without effect next to a Latin letter."""

UNREADABLE = re.compile(f"[{CONTROL}{LINE_ENDS}]")
"""What the YAML parser refuses, or counts as the end of a line."""

_SUSPECT = re.compile(f"[{CONTROL}{LINE_ENDS}{BIDIRECTIONAL}{INVISIBLE}{JOINERS}]")
_HIDDEN = re.compile(
    f"[{CONTROL}{LINE_ENDS}{BIDIRECTIONAL}{INVISIBLE}]|(?<![^\\x00-\\u02ff])[{JOINERS}]"
)


def check(text: str) -> Iterator[Flaw]:
    """Yield the first hidden character of each line."""
    if not _SUSPECT.search(text):  # five times as fast
        return
    position = 0
    while first := _HIDDEN.search(text, position):
        position = end_of_line(text, first.end())
        others = len(_HIDDEN.findall(text, first.end(), position))
        more = f", and {others} more on this line" if others else ""
        message = f"the character {_name(first[0])} cannot be seen{more}"
        hint = "delete it with its neighbours, and type those again"
        yield Flaw(first.start(), first.end(), RULE, message, hint)


def _name(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + f" ({name.lower()})" * bool(name)
