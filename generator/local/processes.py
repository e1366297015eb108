"""Job subprocesses: each in its own process group, known to the janitor, stopped as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import IO

from generator.local import janitor

Sink = Callable[[str], None]

# A grandchild that left the process group could hold the pipe open for ever.
SECONDS_FOR_LAST_LINES = 5.0

# The shell waits for a line before it becomes the job. The server registers the process group
# with the janitor first, so there is no moment at which a crash could leave the job behind.
_GATE = ["/bin/sh", "-c", 'read -r go && exec "$@"', "job"]


class ShuttingDownError(Exception):
    """The emulated AWS is shutting down and starts no more jobs."""


class Process:
    """A running job; its output goes line by line to files in its folder and to sinks."""

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        pumps: list[Thread],
        forget: Callable[[Process], None],
    ) -> None:
        self._popen = popen
        self._pumps = pumps
        self._forget = forget

    @property
    def pid(self) -> int:
        """The process id, which is also the process group's."""
        return self._popen.pid

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or None if the job still runs after `timeout` seconds."""
        try:
            code = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        _signal_group(self.pid, signal.SIGKILL)  # whatever the job itself left running
        self._forget(self)
        for pump in self._pumps:
            pump.join(SECONDS_FOR_LAST_LINES)
        return code

    def stop(self, grace: float = 5.0) -> int | None:
        """Asks the job to end (SIGTERM), kills it after `grace` seconds; its exit code."""
        self._signal(signal.SIGTERM)
        code = self.wait(grace)
        if code is None:
            self._signal(signal.SIGKILL)
            code = self.wait()
        return code

    def kill(self) -> None:
        """Sends SIGKILL to the whole process group and returns at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, signum: int) -> None:
        # An id that was already waited for may belong to somebody else by now.
        if self._popen.returncode is None:
            _signal_group(self.pid, signum)


class Processes:
    """Every job process of one emulated AWS, and the janitor that cleans up after it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[Process] = set()
        self._closed = False
        self._janitor = subprocess.Popen(
            [sys.executable, "-I", "-S", janitor.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._orders = _pipe(self._janitor.stdin)
        with _pipe(self._janitor.stdout) as answer:
            self.folder = Path(os.fsdecode(answer.readline().rstrip(b"\n")))

    def start(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        sinks: tuple[Sink, Sink] | None = None,
        inherited: tuple[int, ...] = (),
    ) -> Process:
        """Starts `command` in `folder`, where stdout.log and stderr.log follow its output.

        Without `sinks` (for standard output, standard error) the files are all there is;
        `inherited` are file descriptors that the job keeps. Raises ShuttingDownError after close().
        """
        with self._lock:
            if self._closed:
                raise ShuttingDownError("The emulated AWS is shutting down.")
            popen = subprocess.Popen(
                [*_GATE, *command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=inherited,
            )
            self._tell_janitor(f"+{popen.pid}")
            pumps = _start_pumps(popen, folder, sinks or (_ignore, _ignore))
            process = Process(popen, pumps, self._forget)
            self._running.add(process)
        _open_gate(popen)
        return process

    def _forget(self, process: Process) -> None:
        with self._lock:
            if process in self._running:
                self._running.discard(process)
                self._tell_janitor(f"-{process.pid}")

    def close(self) -> None:
        """Stops every job; none can be started any more."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            process.kill()
        for process in running:
            process.wait()

    def clean_up(self) -> None:
        """Lets the janitor remove the temporary folder, and waits for it."""
        self._orders.close()
        self._janitor.wait()

    def _tell_janitor(self, line: str) -> None:
        with suppress(BrokenPipeError):
            self._orders.write(f"{line}\n".encode())
            self._orders.flush()


def _signal_group(group: int, signum: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signum)


def _open_gate(popen: subprocess.Popen[bytes]) -> None:
    with suppress(BrokenPipeError), _pipe(popen.stdin) as gate:  # stopped before it began
        gate.write(b"go\n")


def _start_pumps(
    popen: subprocess.Popen[bytes], folder: Path, sinks: tuple[Sink, Sink]
) -> list[Thread]:
    targets = ((popen.stdout, "stdout.log", sinks[0]), (popen.stderr, "stderr.log", sinks[1]))
    pumps = [
        Thread(target=_pump, args=(_pipe(pipe), folder / name, sink), daemon=True)
        for pipe, name, sink in targets
    ]
    for pump in pumps:
        pump.start()
    return pumps


def _pump(pipe: IO[bytes], file: Path, sink: Sink) -> None:
    with pipe, file.open("ab", buffering=0) as copy:
        for line in pipe:
            copy.write(line)
            sink(line.decode(errors="replace").rstrip("\n"))


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    """`pipe`, which is there because Popen was asked for it."""
    if pipe is None:
        raise TypeError("not a pipe")
    return pipe


def _ignore(line: str) -> None:
    pass
