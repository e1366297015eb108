"""What an earlier parse has made of the same input, kept in the folder for temporary files.

The key is a digest of everything that decides what pipelines become: each file of the project that
is read, the state of our own code with its schemas and templates, and the packages that it works
with. So what is found is right, and there is nothing to forget. Each loader file has one slot, and
what is written there replaces what was.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from generator.project import Project, schemas_folder
from generator.project_file import UnreadableError

if TYPE_CHECKING:
    from generator.problem import Problem

_PACKAGES = ("jinja2", "jsonschema", "yaml")
_DISTRIBUTIONS = ("jinja2-", "jsonschema-", "pyyaml-")
_CODE = Path(__file__).parent
_BYTECODE = "__pycache__"
_APART = ("deployment", "local", "operators", "report")
"""Folders of our code that have no part in what a pipeline becomes."""

_MOST_SLOTS = 200

_PRIVATE = 0o700


class Miss(Exception):
    """Nothing was made of this input, or it cannot be read any more."""


class Slot:
    """Where one loader file keeps what it has made of a project in an environment.

    ``asked`` tells apart what is made of one project: the environment, the version of Airflow, the
    share of the pipelines.
    """

    def __init__(self, project: Project, asked: Iterable[str]) -> None:
        self.project = project
        self._own = [str(project.root), *asked]
        name = _digest(part.encode() for part in self._own)[:32]
        self._path = _folder() / f"{name}.jsonl"
        self._key = self._key_now()

    def configurations(self) -> Iterator[dict[str, Any]]:
        """Yield the configuration of each pipeline. Raises Miss, also in the middle."""
        with self._lines() as lines:
            for kind, value in lines:
                if kind == "dag":
                    yield value

    def problems(self) -> list[Problem]:
        """Return what was wrong with the others. Raises Miss."""
        with self._lines("problems") as lines:
            found = [each for _, value in lines for each in value]
        if not found:
            return []
        from generator.problem import Problem  # here, because mostly nobody needs it

        return [Problem(**each) for each in found]

    def record(self) -> Record:
        """Return what takes the place of all that is in this slot, once it is complete."""
        return Record(self._path, self._key, lambda: self._key_now() == self._key)

    def _key_now(self) -> str:
        return _digest(_inputs(self.project, self._own))

    def _lines(self, kind: str = "") -> _Lines:
        return _Lines(self._path, self._key, kind)


class _Lines:
    """The lines of a slot's file, if they were made of this input and all of them are there."""

    def __init__(self, path: Path, key: str, kind: str) -> None:
        self._path, self._key, self._kind = path, key.encode(), kind.encode()

    def __enter__(self) -> Iterator[tuple[str, Any]]:
        try:
            self._file = _open_own(self._path)
        except OSError:
            raise Miss from None
        return self._read()

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read(self) -> Iterator[tuple[str, Any]]:
        kind = b""
        try:
            if self._file.readline() != self._key + b"\n":
                raise Miss
            for line in self._file:
                kind, check, text = line.split(b" ", 2)
                if kind.startswith(self._kind):
                    if int(check) != zlib.crc32(text):
                        raise Miss
                    yield kind.decode(), json.loads(text)
        except (OSError, ValueError):
            raise Miss from None
        if kind != b"problems":  # the last line
            raise Miss


class Record:
    """Takes what is made, piece by piece; a disk that cannot be written to does no harm."""

    def __init__(self, path: Path, key: str, holds: Callable[[], bool]) -> None:
        self._path, self._key, self._holds = path, key, holds
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Record:
        with suppress(OSError):
            # The name is ours alone: several processes may write at once.
            descriptor, self._name = tempfile.mkstemp(dir=_make_folder(self._path.parent))
            self._file = os.fdopen(descriptor, "wb")
            self._file.write(f"{self._key}\n".encode())
        return self

    def add(self, configuration: dict[str, Any]) -> None:
        """Keep the configuration of one more pipeline."""
        self._write("dag", configuration)

    def finish(self, problems: Iterable[Problem]) -> None:
        """Keep what was wrong with the others; now this is what the slot holds.

        Unless a file was edited meanwhile: then nobody knows of what all this was made.
        """
        self._write("problems", [asdict(problem) for problem in problems])
        if not self._holds():
            return
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
                Path(self._name).replace(self._path)
                self._file = None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._give_up()

    def _write(self, kind: str, value: Any) -> None:
        if self._file is None:
            return
        try:
            text = json.dumps(value, separators=(",", ":")).encode() + b"\n"
            self._file.write(f"{kind} {zlib.crc32(text)} ".encode() + text)
        except OSError:  # the disk is full
            self._give_up()

    def _give_up(self) -> None:
        file, self._file = self._file, None
        with suppress(OSError):
            if file is not None:
                file.close()
            Path(self._name).unlink()


def _folder() -> Path:
    return Path(tempfile.gettempdir(), f"pipelines-cache-{os.getuid()}")


def _make_folder(folder: Path) -> Path:
    """Make the folder; raises OSError where it is, or could be made, another user's."""
    with suppress(FileExistsError):
        folder.mkdir(mode=_PRIVATE)
    if not _is_private(folder):
        raise PermissionError(folder)
    slots = sorted(folder.iterdir(), key=lambda slot: slot.lstat().st_mtime)
    for slot in slots[:-_MOST_SLOTS]:  # of projects that are gone, or never completed
        slot.unlink(missing_ok=True)
    return folder


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    is_mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return is_mine and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _open_own(path: Path) -> IO[bytes]:
    if not _is_private(path.parent):
        raise PermissionError(path)
    return path.open("rb")


def _digest(parts: Iterable[bytes]) -> str:
    """Return a digest in which no two lists of parts are the same."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


def _inputs(project: Project, asked: Iterable[str]) -> Iterator[bytes]:
    yield from (part.encode() for part in (sys.version, *asked, *_packages()))
    for top in (_CODE, schemas_folder()):
        for file in sorted(_files(top, _BYTECODE, *_APART)):
            yield from (file.encode(), _state(file))
    for top in (project.pipelines, project.environments, project.glue_scripts):
        for file in sorted(_files(top, _BYTECODE)):
            yield from (file.encode(), _content(project, Path(file)))


def _packages() -> list[str]:
    """Return the names of the folders that tell the packages' versions: ``Jinja2-3.1.6.dist-info``.

    importlib.metadata tells the same, but reads and parses ten times as long.
    """
    specs = [find_spec(package) for package in _PACKAGES]
    places = {os.path.dirname(os.path.dirname(str(spec.origin))) for spec in specs if spec}  # noqa: PTH120
    names = [name for place in places for name in os.listdir(place) if name.endswith("-info")]  # noqa: PTH208
    return sorted(name for name in names if name.lower().startswith(_DISTRIBUTIONS))


def _files(top: Path, *unread: str) -> Iterator[str]:
    """Yield the files below a folder but for those in ``unread`` folders, and what is not entered.

    That is links to folders, and folders that nobody may open.
    """
    closed: list[str] = []
    for folder, subfolders, names in os.walk(
        top, onerror=lambda each: closed.append(each.filename)
    ):
        subfolders[:] = [name for name in subfolders if name not in unread]
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        yield from (f"{folder}/{name}" for name in names + links)
    yield from closed


def _state(file: str) -> bytes:
    """Return what changes whenever a file does: the system notes when, and lets nobody set that.

    Reading all of our code would take longer than building a DAG.
    """
    found = os.stat(file)  # noqa: PTH116  a Path takes as long again
    return b"%d %d %d" % (found.st_ino, found.st_size, found.st_ctime_ns)


def _content(project: Project, path: Path) -> bytes:
    try:
        return project.read_bytes(path)
    except UnreadableError as error:
        return str(error).encode()
