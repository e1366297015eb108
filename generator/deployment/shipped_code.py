"""The part of this package that Airflow needs: what the loaders import, and the data beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from generator.project import schemas_folder

LOADERS = ("pipelines.py", "pipeline_errors.py")

_PACKAGE = Path(__file__).resolve().parents[1]
_OPERATORS = _PACKAGE / "operators"
_TRIGGER = "generator.operators.job_trigger"
_DATA = (".json", ".yaml")


def shipped_code() -> dict[str, bytes]:
    """Return the files by path: ``generator/dag.py``, ``schemas/pipeline.schema.json``, …

    They are the same from a checkout, where the schemas are beside the package, and from a wheel.
    """
    # The operators are imported by what the templates say, which no import statement tells.
    operators = set(_OPERATORS.glob("*.py"))
    sources = [*loaders().values(), *(path.read_text("utf-8") for path in operators)]
    modules = _imported(sources) | operators
    files = {_shown(path): path for path in (*modules, *_data({each.parent for each in modules}))}
    schemas = schemas_folder()
    for path in schemas.rglob("*.schema.json"):
        files[f"schemas/{path.relative_to(schemas).as_posix()}"] = path
    return {name: files[name].read_bytes() for name in sorted(files)}


def trigger_code() -> dict[str, bytes]:
    """Return the files that the triggerer needs: it never reads the dags folder.

    https://docs.aws.amazon.com/mwaa/latest/userguide/best-practices-dag.html
    """
    return {_shown(path): path.read_bytes() for path in sorted(_imported([f"import {_TRIGGER}"]))}


def loaders() -> dict[str, str]:
    """Return the text of each loader by its file's name."""
    inside = _PACKAGE / "dags"  # in a wheel
    folder = inside if inside.is_dir() else _PACKAGE.parent / "dags"
    return {name: (folder / name).read_text("utf-8") for name in LOADERS}


def _imported(sources: Iterable[str]) -> set[Path]:
    """Return our modules that the sources import, those that these import, and so on."""
    found: set[Path] = set()
    waiting = list(sources)
    while waiting:
        for name in _imports(waiting.pop()):
            new = set(_files(name)) - found
            found |= new
            waiting += [path.read_text("utf-8") for path in new]
    return found


@cache
def _imports(source: str) -> list[str]:
    """Return what may be a module of ours in each import, wherever in the source it stands."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _files(name: str) -> Iterator[Path]:
    """Yield the files of a module of ours and of the packages that it is in.

    The last part of the name may also be something that its module defines.
    """
    package, *parts = name.split(".")
    if package != _PACKAGE.name:
        return
    folder = _PACKAGE
    yield folder / "__init__.py"
    for part in parts:
        if folder.joinpath(f"{part}.py").is_file():
            yield folder / f"{part}.py"
            return
        folder /= part
        if not folder.joinpath("__init__.py").is_file():
            return
        yield folder / "__init__.py"


def _data(packages: set[Path]) -> Iterator[Path]:
    """Yield the data files of these packages, and of their folders that are no packages."""
    for path in _PACKAGE.rglob("*"):
        if path.suffix in _DATA and path.is_file() and not _is_schema(path):
            package = next(each for each in path.parents if (each / "__init__.py").is_file())
            if package in packages:
                yield path


def _is_schema(path: Path) -> bool:
    return path.is_relative_to(_PACKAGE / "schemas")


def _shown(path: Path) -> str:
    return path.relative_to(_PACKAGE.parent).as_posix()
