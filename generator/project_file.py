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
    errno.EACCES: ("you may not read it", "check its permissions"),
    errno.ELOOP: ("it is a link that leads back to itself", "replace the link by the file"),
    errno.EPERM: ("you may not read it", "check its permissions"),
}
_LINK_OUT = ("it is a link that leads out of the project", "put the file itself into the project")
_OUTSIDE = ("it is outside of the project", "move it into the project")
_FOLDER = ("it is a folder", "rename it: only a file can have this name")
_NO_FILE = ("it is not an ordinary file", "remove it")


def read_bytes(path: Path, root: Path, most: int) -> bytes:
    """Return what ``path`` holds, which has to be at most ``most`` bytes.

    A link may lead to another file below ``root``, but not out of it: what is there, such as
    credentials, must never be shown. A device or a pipe would be read for ever. Raises
    UnreadableError.
    """
    try:
        if not is_within(path, root):
            raise UnreadableError(*(_LINK_OUT if path.is_relative_to(root) else _OUTSIDE))
        # Not to wait for somebody to write into a pipe; for a file it changes nothing.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableError(*_reason(path, error)) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            content = _read(descriptor, most)
    except OSError as error:
        raise UnreadableError(*_reason(path, error)) from None
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(mode):
        raise UnreadableError(*(_FOLDER if stat.S_ISDIR(mode) else _NO_FILE))
    return content


def _read(descriptor: int, most: int) -> bytes:
    content = b""
    while more := os.read(descriptor, most + 1 - len(content)):
        content += more
        if len(content) > most:
            raise UnreadableError(f"it is larger than {most // 1000:,} kB", "split it")
    return content


def is_within(path: Path, root: Path) -> bool:
    """Tell whether ``path`` is below ``root``, or ``root`` itself, once all links are followed."""
    if _is_plainly_within(str(path), str(root)):
        return True
    real, top = os.path.realpath(path), os.path.realpath(root)
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)


def _is_plainly_within(path: str, root: str) -> bool:
    """Tell, faster, whether no step of the way from ``root`` down to ``path`` is a link."""
    if not path.startswith(root + os.sep) or "/../" in path + "/":
        return False
    try:
        while path != root:
            if stat.S_ISLNK(os.lstat(path).st_mode):
                return False
            path = path[: path.rindex(os.sep)]
    except OSError:
        return False
    return True


def _reason(path: Path, error: OSError) -> tuple[str, str]:
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return "it is a link to something that is not there", "remove it, or mend it"
    return os.strerror(error.errno or 0), "check that it is an ordinary file"
