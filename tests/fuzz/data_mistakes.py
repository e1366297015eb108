"""Mistakes in the data of a pipeline: keys and values that are wrong, absent or in odd places."""

from __future__ import annotations

import copy
from typing import Any

from examples import paths
from hypothesis import strategies as st
from odd_values import GARBAGE, ODD_KEYS

Path = tuple[Any, ...]


def at(node: Any, path: Path) -> Any:
    """Return the value at a path."""
    for step in path:
        node = node[step]
    return node


def _delete(draw: st.DrawFn, data: Any, path: Path) -> None:
    del at(data, path[:-1])[path[-1]]


def _replace(draw: st.DrawFn, data: Any, path: Path) -> None:
    at(data, path[:-1])[path[-1]] = draw(GARBAGE)


def _rename(draw: st.DrawFn, data: Any, path: Path) -> None:
    parent = at(data, path[:-1])
    if isinstance(parent, dict):
        old = path[-1]
        position = draw(st.integers(0, len(str(old))))
        slip = draw(st.sampled_from(["", "x", "_", "-"]))
        typo = str(old)[:position] + slip + str(old)[position + 1 :]
        parent[draw(st.just(typo) | ODD_KEYS)] = parent.pop(old)


def _shift(draw: st.DrawFn, data: Any, path: Path) -> None:
    """Move a number out of its range, or give any other value as the text of itself."""
    value = at(data, path)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    changed = [-value, value * 1000, value + 0.5, str(value)] if number else [str(value), [value]]
    at(data, path[:-1])[path[-1]] = draw(st.sampled_from(changed))


def _swap(draw: st.DrawFn, data: Any, path: Path) -> None:
    """Put a copy of one value where another is."""
    other = draw(st.sampled_from(list(paths(data))))
    at(data, path[:-1])[path[-1]] = copy.deepcopy(at(data, other))


def _add(draw: st.DrawFn, data: Any, path: Path) -> None:
    """Give a mapping or list an entry that it shall not have."""
    value = at(data, path)
    if isinstance(value, dict):
        value[draw(ODD_KEYS | st.sampled_from(_KEYS))] = draw(GARBAGE)
    elif isinstance(value, list):
        value.append(draw(GARBAGE))


_KEYS = ["image", "channels", "spot", "name", "needs", "output", "operator", "__type__", "<<"]
_DATA_MUTATIONS = [_delete, _replace, _rename, _shift, _swap, _add]


@st.composite
def mutated_data(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a pipeline with one to four mistakes."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 4))):
        known = list(paths(data))
        if known:
            draw(st.sampled_from(_DATA_MUTATIONS))(draw, data, draw(st.sampled_from(known)))
    return data
