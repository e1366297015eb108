"""Judges many files on all cores; a few are judged faster on one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.verdict import Verdict

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ENOUGH = 100
"""Files for one more process, which takes about as long to start as to judge ten of them."""

MOST = 8
"""Processes that are worth it: what they found comes back through this one."""

Judge = Callable[[Path], Verdict]


def spread(judge: Judge, files: Sequence[Path]) -> Iterator[Verdict]:
    """Yield the verdict of each file in their order, without its configuration."""
    count = min(_cores(), len(files) // ENOUGH, MOST)
    if count < 2 or not _can_fork():
        yield from map(judge, files)
        return
    shares = [files[start::count] for start in range(count)]
    others = [_Other(judge, share) for share in shares[1:]]
    # This process does a share too, while the others are busy.
    found = [[judge(file) for file in shares[0]], *(other.verdicts() for other in others)]
    for index in range(len(files)):
        yield found[index % count][index // count]


class _Other:
    """A process that judges a share of the files, sends what it found and ends."""

    def __init__(self, judge: Judge, files: Sequence[Path]) -> None:
        import multiprocessing  # here, because few files need none

        self._judge, self._files = judge, files
        fork = multiprocessing.get_context("fork")
        self._receiver, sender = fork.Pipe(duplex=False)
        arguments = (judge, files, sender)
        self._process = fork.Process(target=_judge_all, args=arguments, daemon=True)
        self._process.start()
        sender.close()

    def verdicts(self) -> list[Verdict]:
        """Return its verdicts; those of a process that was ended from outside are made here."""
        try:
            found: list[Verdict] = self._receiver.recv()
        except EOFError:
            found = list(map(self._judge, self._files))
        self._process.join()
        return found


def _judge_all(judge: Judge, files: Sequence[Path], sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process to answer
    found = [replace(judge(file), configuration=None) for file in files]
    with suppress(BrokenPipeError):  # nobody waits any more
        sender.send(found)


def _cores() -> int:
    # Of a container that may use two cores of many, os.cpu_count() names all.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _can_fork() -> bool:
    """Tell whether a copy of this process is safe: other systems and threads do not like it."""
    return sys.platform == "linux" and threading.active_count() == 1
