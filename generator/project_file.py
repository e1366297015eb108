"""Reads files of a project, and nothing that only looks like one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class UnreadableError(Exception):
    """A file that cannot or must not be read; the text says why, ``hint`` what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


_REASONS = {
    errno.ELOOP: ("it is a link that leads back to itself", "replace the link by the file"),
    errno.EACCES: ("you may not read it", "check its permissions"),
    errno.EPERM: ("you may not read it", "check its permissions"),
}


def read_bytes(path: Path, root: Path, most: int) -> bytes:
    """Return what ``path`` holds, which has to be at most ``most`` bytes.

    A link may lead to another file below ``root``, but not out of it: what is there, such as
    credentials, must never be shown. A device or a pipe would be read for ever. Raises
    UnreadableError.
    """
    try:
        real = Path(os.path.realpath(path, strict=True))
        if not is_within(real, root):
            raise UnreadableError(*_outside(path, root))
        mode = real.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError("it is a folder", "rename it: only a file can have this name")
        if not stat.S_ISREG(mode):
            raise UnreadableError("it is not an ordinary file", "remove it")
        with real.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise UnreadableError(*_reason(path, error)) from None
    if len(content) > most:
        raise UnreadableError(f"it is larger than {most // 1000:,} kB", "split it")
    return content


def is_within(path: str | Path, root: Path) -> bool:
    """Tell whether ``path`` is below ``root`` or ``root`` itself, once all links are followed."""
    real, top = os.path.realpath(path), os.path.realpath(root)
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)


def _outside(path: Path, root: Path) -> tuple[str, str]:
    if path.is_relative_to(root):
        return "it is a link that leads out of the project", "put the file itself into the project"
    return "it is outside of the project", "move it into the project"


def _reason(path: Path, error: OSError) -> tuple[str, str]:
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return "it is a link to something that is not there", "remove it, or mend it"
    return os.strerror(error.errno or 0), "check that it is an ordinary file"
