"""``lint --fix``: writes what can only be meant into the files, and lints again."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from generator.problem import Problem
from generator.project import Project
from generator.project_file import UnreadableError
from generator.yaml_file.edit import ChangesMoreError, mend

_ROUNDS = 10
"""A mended key lets the linter see what is below it; no file needs as many rounds as this."""


@dataclass
class Outcome:
    """The problems that are left, how many were fixed in each file, and why a file was not."""

    left: list[Problem] = field(default_factory=list)
    fixed: Counter[str] = field(default_factory=Counter)
    left_alone: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        problems, files = self.fixed.total(), len(self.fixed)
        return (
            f"fixed {problems} problem{'' if problems == 1 else 's'} "
            f"in {files} file{'' if files == 1 else 's'}"
        )


def fix(project: Project, lint: Callable[[], list[Problem]]) -> Outcome:
    """Write the replacements of all that ``lint`` finds, until there are no more.

    The files of the environments are left to those who look after the platform.
    """
    outcome = Outcome()
    for _ in range(_ROUNDS):
        outcome.left = lint()
        fixed = [
            _fix(project, file, problems, outcome)
            for file, problems in _fixable(project, outcome).items()
        ]
        if not any(fixed):
            return outcome
    outcome.left = lint()
    return outcome


def _fixable(project: Project, outcome: Outcome) -> dict[str, list[Problem]]:
    """Return by file what has a replacement, without the files that were left alone."""
    found: dict[str, list[Problem]] = {}
    for problem in outcome.left:
        environment = (project.root / problem.file).is_relative_to(project.environments)
        if problem.replacement and not environment and problem.file not in outcome.left_alone:
            found.setdefault(problem.file, []).append(problem)
    return found


def _fix(project: Project, file: str, problems: Sequence[Problem], outcome: Outcome) -> int:
    """Fix one file and return how many of its problems that ended."""
    path = project.root / file
    try:
        mended, count = mend(project.read_bytes(path), problems)
        if count:
            _overwrite(Path(os.path.realpath(path)), mended)
            outcome.fixed[file] += count
        return count
    except ChangesMoreError:
        outcome.left_alone[file] = "its mistakes cannot be mended without changing more than them"
    except UnreadableError as error:
        outcome.left_alone[file] = str(error)
    except OSError as error:
        outcome.left_alone[file] = os.strerror(error.errno or errno.EIO)
    return 0


def _overwrite(file: Path, content: bytes) -> None:
    """Replace a file in one step, so that nobody ever reads half of it; its permissions stay.

    Raises OSError; a file without any permission to write is refused to its owner and to root, too.
    """
    about = file.stat()
    if not about.st_mode & 0o222:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content)
        os.chmod(name, stat.S_IMODE(about.st_mode))  # noqa: PTH101
        with suppress(PermissionError):  # only root can give a file to somebody else
            os.chown(name, about.st_uid, about.st_gid)
        os.replace(name, file)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
