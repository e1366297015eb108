"""A small process that outlives the emulated AWS by a moment, to leave nothing of it behind.

It owns the temporary folder and knows every process group; when its standard input ends, which
the operating system sees to however the server died, it kills the groups and removes the folder.
It runs with Python's -I and -S flags, so it may import the standard library only.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

# A killed process can stay visible as a zombie where nobody reaps orphans; don't wait for it long.
SECONDS_TO_DIE = 5.0


def main() -> None:
    """Prints the temporary folder, obeys lines `+GROUP` and `-GROUP` until the end, cleans up."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    folder = tempfile.mkdtemp(prefix="emulated-aws-")
    try:
        print(folder, flush=True)
        groups = follow(sys.stdin)
        kill(groups)
    finally:
        remove(folder)


def follow(lines: Iterable[str]) -> set[int]:
    """The process groups that are still registered when `lines` end."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        groups.add(group) if line[0] == "+" else groups.discard(group)
    return groups


def kill(groups: set[int]) -> None:
    """Kills every process of `groups`, and returns when they are gone."""
    deadline = time.monotonic() + SECONDS_TO_DIE
    while groups and time.monotonic() < deadline:
        groups = {group for group in groups if _is_alive_after_kill(group)}
        time.sleep(0.02)


def _is_alive_after_kill(group: int) -> bool:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def remove(folder: str) -> None:
    """Removes `folder`, also while a dying process still writes into it."""
    deadline = time.monotonic() + SECONDS_TO_DIE
    while Path(folder).exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
