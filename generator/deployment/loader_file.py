"""The loader files of a bundle: where their code is, and which share of the pipelines each has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from generator.shard import loaders_for

# A folder of its own for each version of the code: what is copied piece by piece must never be
# imported half old and half new. The loader is one file, and so changes as one.
_HEAD = """
# Added by `pipelines bundle`: where the code is that goes with this file.
import sys as _sys
from os import path as _path

_sys.path.insert(0, _path.join(_path.dirname(_path.abspath(__file__)), "{folder}"))
"""
_SHARD = "SHARD"
_NUMBER = re.compile(r"_[0-9]+\.py$")


def loader_files(name: str, text: str, folder: str, pipelines: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file that a loader becomes.

    ``folder`` is where its code is, beside it. There is one file for so many pipelines at most,
    unless the loader says nothing of a SHARD. Raises SyntaxError.
    """
    lines = text.splitlines(keepends=True)
    module = ast.parse(text)
    place = next(filter(_is_shard, module.body), None)
    count = loaders_for(pipelines) if place else 1
    for number in range(1, count + 1):
        own = list(lines)
        if place and count > 1:
            own[place.lineno - 1 : place.end_lineno] = [f"{_SHARD} = ({number}, {count})\n"]
        above = _above(module)
        head = _HEAD.format(folder=folder)
        content = "".join([*own[:above], head, *own[above:]]).encode()
        yield _numbered(name, number), content


def without_number(name: str) -> str:
    """Return the name of the loader that a file of a bundle was made of."""
    return _NUMBER.sub(".py", name)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name.removesuffix('.py')}_{number}.py"


def _is_shard(node: ast.stmt) -> bool:
    names = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(name, ast.Name) and name.id == _SHARD for name in names)


def _above(module: ast.Module) -> int:
    """Return how many lines have to stay first: the docstring, and imports from the future."""
    above = 0
    for node in module.body:
        docstring = node is module.body[0] and ast.get_docstring(module) is not None
        if not docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        above = node.end_lineno or 0
    return above
