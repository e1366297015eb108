"""A bundle as a folder, to look at or to upload with other tools: there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.deployment.bundle import Bundle

ABOUT = "bundle.json"
"""The file beside ``mwaa/`` and ``artifacts/`` that says what the bundle is; it is not uploaded."""

_PARTS = ("mwaa", "artifacts")
"""A folder for each bucket."""


class NotWritableError(Exception):
    """The folder cannot be written, or is not ours to replace; the text says what to do."""


def write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write ``mwaa/`` and ``artifacts/`` into ``folder``, in place of an earlier bundle only.

    Raises NotWritableError; then what was there is as it was.
    """
    target = folder.resolve()
    _refuse_foreign(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _beside(target) as draft:
            draft.mkdir()
            _fill(draft, bundle)
            _swap(draft, target)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise NotWritableError(f"cannot write {folder}: {reason}") from None


def _refuse_foreign(folder: Path) -> None:
    if not os.path.lexists(folder) or _is_empty(folder) or _is_bundle(folder):
        return
    raise NotWritableError(
        f"{folder} is there and no bundle of ours, so it is not replaced; "
        "name another folder with --output, or remove it yourself"
    )


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK) and not any(folder.iterdir())


def _is_bundle(folder: Path) -> bool:
    """Tell whether a folder holds a bundle and nothing else."""
    try:
        about = json.loads(folder.joinpath(ABOUT).read_text("utf-8"))
        names = {path.name for path in folder.iterdir()}
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and "files" in about and names <= {ABOUT, *_PARTS}


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield the path of a draft beside ``target``, and remove what is left of it."""
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(folder: Path, bundle: Bundle) -> None:
    digests = {}
    for part, objects in zip(_PARTS, (bundle.mwaa, bundle.artifacts), strict=True):
        folder.joinpath(part).mkdir()
        for key, content in objects.items():
            file = folder / part / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            digests[f"{part}/{key}"] = hashlib.sha256(content).hexdigest()
    about = {
        "environment": bundle.environment,
        "airflow_version": bundle.airflow,
        "offline": bundle.offline,
        "files": digests,
    }
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    folder.joinpath(ABOUT).write_text(text, "utf-8")


def _swap(draft: Path, target: Path) -> None:
    """Put the draft in the place of what is there, which moves to where the draft was."""
    former = draft.with_name(f"{draft.name}.former")
    if target.exists():
        target.rename(former)
    try:
        draft.rename(target)
    except BaseException:
        if former.exists():
            former.rename(target)
        raise
    shutil.rmtree(former, ignore_errors=True)
