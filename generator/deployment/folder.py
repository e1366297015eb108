"""A bundle as a folder, to look at or to upload with other tools."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from generator.deployment.bundle import Bundle
from generator.environment import Environment

MARKER = "bundle.json"
"""Says what the folder was made from; a folder without it is not ours to replace."""


class ForeignFolderError(Exception):
    """The folder holds something else; the text says what to do."""


def write(bundle: Bundle, environment: Environment, folder: Path) -> None:
    """Write a bundle to ``folder``, replacing an earlier one; all of it or nothing.

    Raises ForeignFolderError, and OSError where nothing can be written.
    """
    _refuse_foreign(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        draft.chmod(0o755)
        for key, content in _files(bundle, environment).items():
            file = draft / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        # A folder that is there cannot be replaced in one step; its marker goes first, so that
        # what is left after an interruption never looks whole.
        if folder.is_dir():
            (folder / MARKER).unlink(missing_ok=True)
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _files(bundle: Bundle, environment: Environment) -> dict[str, bytes]:
    files = {f"mwaa/{key}": content for key, content in bundle.mwaa.items()}
    files |= {f"artifacts/{key}": content for key, content in bundle.artifacts.items()}
    about = {
        "environment": environment.name,
        "airflow_version": environment.airflow.name,
        "sha256": {key: hashlib.sha256(content).hexdigest() for key, content in files.items()},
    }
    return files | {MARKER: (json.dumps(about, indent=2) + "\n").encode()}


def _refuse_foreign(folder: Path) -> None:
    if not os.path.lexists(folder) or (folder / MARKER).is_file():
        return
    if folder.is_symlink() or not folder.is_dir() or any(folder.iterdir()):
        raise ForeignFolderError(
            f"{folder} is there already and is no bundle; name a new or an empty folder"
        )
