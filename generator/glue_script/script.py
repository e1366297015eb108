"""What a Glue script itself says of the arguments that it reads; it is parsed, never imported.

AWS's getResolvedOptions fails where a name that it is asked for was not given, so a script names
its optional arguments only where they were:
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-get-resolved-options.html
"""

from __future__ import annotations

import ast
import re
import stat
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from generator.glue_script.calls import Call, Script, walk
from generator.glue_script.names import Names, names_of

MAX_BYTES = 1_000_000
"""A longer script is not looked into."""


@dataclass(frozen=True)
class GlueScript:
    """The arguments of a script: without the ``required`` it fails, the ``optional`` it may use.

    ``complete`` tells that these are all; ``text`` is the script; ``mistake`` is where it is not
    Python, as line (1-based) and reason.
    """

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    complete: bool = False
    text: str = ""
    mistake: tuple[int, str] | None = None

    @property
    def known(self) -> frozenset[str]:
        """Every argument that the script asks for."""
        return self.required | self.optional

    def mentions(self, name: str) -> bool:
        """Tell whether the script holds ``name`` as a word, in whatever place."""
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.text) is not None


def python_of(glue_version: str) -> tuple[int, int]:
    """Return the Python that a Glue version runs.

    https://docs.aws.amazon.com/glue/latest/dg/release-notes.html
    """
    return (3, 10) if glue_version == "4.0" else (3, 11)


def read_script(path: Path, glue_version: str) -> GlueScript:
    """Return what the script says; nothing where it cannot be opened or understood."""
    try:
        status = path.stat()
    except OSError:
        return GlueScript()
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
        return GlueScript()  # a pipe would keep us waiting
    # Size and time are part of the key, because a script may change while a process lives.
    return _read(path, python_of(glue_version), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1024)
def _read(path: Path, python: tuple[int, int], _size: int, _time: int) -> GlueScript:
    try:
        source = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the script's own, such as an odd escape
            tree = ast.parse(source, feature_version=python)
        return _described(walk(tree), source.decode("utf-8", "replace"))
    except SyntaxError as error:
        return GlueScript(mistake=(error.lineno or 1, error.msg))
    except (OSError, ValueError, RecursionError, MemoryError):
        return GlueScript()


def _described(script: Script, text: str) -> GlueScript:
    asked = [_asked(call, script) for call in script.calls]
    known = [names for names in asked if names is not None]
    if script.hidden:
        return GlueScript(text=text)
    # A script that looks for "--name" itself gets along without it.
    sure = {name for names in known for name in names.sure if f"--{name}" not in script.texts}
    every = {name for names in known for name in (*names.sure, *names.perhaps)}
    complete = bool(asked) and len(known) == len(asked)
    return GlueScript(frozenset(sure), frozenset(every - sure), complete, text)


def _asked(call: Call, script: Script) -> Names | None:
    names = names_of(call.names, script)
    return names and (names if script.is_certain(call) else names.doubted())
