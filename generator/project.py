"""Where the parts of a project are: in a checkout, in a wheel and in MWAA's dags folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from generator.project_file import is_within, read_bytes

ROOT_VARIABLE = "PIPELINES_ROOT"
ENVIRONMENT_VARIABLE = "PIPELINES_ENV"
DEFAULTS_FILE = "_defaults.yaml"
YAML_SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 1_000_000
"""Size of the largest file that is read; a pipeline has a few thousand bytes."""


class ProjectNotFoundError(Exception):
    """No folder with pipelines/ and environments/ at or above where we looked."""


@dataclass(frozen=True)
class Project:
    """A folder that holds ``pipelines/``, ``environments/`` and ``glue_scripts/``."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Return the project around ``start`` (the current folder when None).

        The variable PIPELINES_ROOT wins over ``start``. Raises ProjectNotFoundError.
        """
        named = os.environ.get(ROOT_VARIABLE)
        begin = Path(os.path.normpath(Path(named or start or ".").absolute()))
        for folder in (begin, *begin.parents):
            if (folder / "pipelines").is_dir() and (folder / "environments").is_dir():
                return cls(folder)
        raise ProjectNotFoundError(
            f"no folder with pipelines/ and environments/ at or above {begin}; "
            f"change into the project or set {ROOT_VARIABLE}"
        )

    @cached_property
    def pipelines(self) -> Path:
        return self.root / "pipelines"

    @cached_property
    def environments(self) -> Path:
        return self.root / "environments"

    @cached_property
    def glue_scripts(self) -> Path:
        return self.root / "glue_scripts"

    @cached_property
    def dags(self) -> Path:
        return self.root / "dags"

    def pipeline_files(self, within: Path | None = None) -> Iterator[Path]:
        """Yield pipeline files in sorted order; a name that starts with ``_`` or ``.`` is none.

        ``within`` is a folder, a file, or a ``_defaults.yaml`` for all that inherit from it.
        """
        # absolute() keeps `..`, and one file would have two names.
        top = Path(os.path.normpath((within or self.pipelines).absolute()))
        if top.name == DEFAULTS_FILE:
            top = top.parent  # who inherits from it can tell whether it is right
        if not top.is_dir() or not is_within(top, self.root):
            yield top
            return
        for path in _below(top):
            if _is_yaml(path.name):
                yield path

    def closed_folders(self, within: Path | None = None) -> Iterator[Path]:
        """Yield the folders that ``pipeline_files`` does not enter: links, and what is locked."""
        top = Path(os.path.normpath((within or self.pipelines).absolute()))
        if top.is_dir() and is_within(top, self.root):
            yield from (path for path in _below(top) if not _is_yaml(path.name))

    def defaults_files(self, pipeline: Path) -> list[Path]:
        """Return the ``_defaults.yaml`` files that ``pipeline`` inherits, nearest first."""
        path = pipeline.absolute()
        if not path.is_relative_to(self.pipelines):
            return []
        folders = path.relative_to(self.pipelines).parts[:-1]
        files = [
            self.pipelines.joinpath(*folders[:depth], DEFAULTS_FILE)
            for depth in range(len(folders), -1, -1)
        ]
        # One that is a broken link or a folder counts, too: reading it says what is wrong.
        return [file for file in files if os.path.lexists(file)]

    def script_files(self) -> list[Path]:
        """Return the Glue scripts, sorted; a link that leads out of the project is none."""
        scripts = sorted(self.glue_scripts.rglob("*.py"))
        return [script for script in scripts if is_within(script, self.root)]

    def environment_names(self) -> list[str]:
        """Return the names of the environments; none where the folder may not be opened."""
        try:
            files = list(self.environments.iterdir())
        except OSError:
            return []
        return sorted(
            file.stem
            for file in files
            if file.suffix == ".yaml" and not file.name.startswith(("_", "."))
        )

    def environment_file(self, name: str) -> Path:
        return self.environments / f"{name}.yaml"

    def read_bytes(self, path: Path) -> bytes:
        """Return what a YAML file or script of this project holds.

        Raises UnreadableError for what is no file, outside of the project or above MAX_BYTES.
        """
        return read_bytes(path, self.root, MAX_BYTES)

    def shown(self, path: Path) -> str:
        """Name a file relative to the project's folder, with forward slashes.

        A character that cannot be shown, such as a line break, is escaped.
        """
        from generator.problem import visible  # here, because a DAG loader shows nothing

        inside = path.absolute().as_posix().removeprefix(f"{self.root.as_posix()}/")
        return visible(inside)


def _is_yaml(name: str) -> bool:
    return name.lower().endswith(YAML_SUFFIXES)  # .YAML is what Windows may make of it


def _below(top: Path) -> Iterator[Path]:
    """Yield the YAML files below a folder, and the folders that are not entered, in order."""
    locked: list[OSError] = []
    for folder, subfolders, names in os.walk(top, onerror=locked.append):
        yield from (Path(error.filename) for error in locked)
        locked.clear()
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        # A link could lead back up, or out of the project.
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        for name in sorted(links + list(filter(_is_yaml, names))):
            if not name.startswith(("_", ".")):
                yield Path(folder, name)
    yield from (Path(error.filename) for error in locked)


def schemas_folder() -> Path:
    """Return the folder of JSON Schemas: inside the wheel, or beside the package elsewhere."""
    package = Path(__file__).resolve().parent
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"
