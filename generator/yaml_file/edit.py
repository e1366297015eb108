"""Replaces scalars in the text of a YAML file, and makes sure that nothing else changes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from generator.lines import Lines
from generator.problem import Path, Problem, dotted
from generator.yaml_file.data import RefusedError, parse
from generator.yaml_file.document import Document, read
from generator.yaml_file.quoting import quoted

Replaced = tuple[str, bool]
"""The dotted path of a key (True) or of a value (False) that is replaced."""


class ChangesMoreError(Exception):
    """The file would say something else in a place where there is no mistake."""


@dataclass(frozen=True)
class _Edit:
    """New text for part of a line, and the problems that it ends; columns as in a Problem."""

    line: int
    column: int
    end_column: int
    text: str
    problems: int = 1
    replaced: frozenset[Replaced] = frozenset()

    @property
    def new_keys(self) -> list[str]:
        """The paths of the keys that this writes."""
        return [
            f"{path.rpartition('.')[0]}.{_value(self.text)}" for path, key in self.replaced if key
        ]


def mend(content: bytes, problems: Iterable[Problem]) -> tuple[bytes, int]:
    """Return a file's content with the replacements of ``problems``, and how many were written.

    Comments, layout, quotes, line ends and a byte-order mark stay as they are. Raises
    ChangesMoreError where the file would not say the same apart from that.
    """
    text = content.decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    before = read(text, "")
    edits = list(_edits(before, problems) if isinstance(before, Document) else _missing(before))
    mended = _written(text, edits)
    if edits and not _says_the_same(before, read(mended, ""), edits):
        raise ChangesMoreError
    return (mark + mended).encode("utf-8"), sum(edit.problems for edit in edits)


def _missing(problem: Problem) -> Iterator[_Edit]:
    """Yield the quotes that a file lacks to be YAML at all."""
    if problem.replacement:
        yield _Edit(problem.line, problem.column, problem.end_column, problem.replacement)


def _edits(document: Document, problems: Iterable[Problem]) -> Iterator[_Edit]:
    """Yield an edit for each scalar of the document that has problems with one answer."""
    by_place: dict[tuple[int, int, int], list[Problem]] = defaultdict(list)
    for problem in problems:
        by_place[problem.line, problem.column, problem.end_column].append(problem)
    scalars = {_place(node): (node, is_key) for node, is_key in _scalars(document.root)}
    edits = []
    for place, found in by_place.items():
        answers = {problem.replacement for problem in found}
        if place in scalars and len(answers) == 1 and (answer := answers.pop()):
            node, is_key = scalars[place]
            replaced = frozenset((problem.path, is_key) for problem in found)
            edits.append(_Edit(*place, _in_style(answer, node.style), len(found), replaced))
    # Of two keys that are both taken for a third nobody knows which one it is.
    new_keys = [key for edit in edits for key in edit.new_keys]
    yield from (edit for edit in edits if all(new_keys.count(key) == 1 for key in edit.new_keys))


def _scalars(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """Yield every scalar on one line, with whether it is a key; an alias is what it names."""
    seen: set[int] = set()
    waiting = [(node, False)]
    while waiting:
        each, is_key = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, yaml.MappingNode):
            waiting += [(key, True) for key, _ in each.value]
            waiting += [(value, False) for _, value in each.value]
        elif isinstance(each, yaml.SequenceNode):
            waiting += [(item, False) for item in each.value]
        elif isinstance(each, yaml.ScalarNode) and each.start_mark.line == each.end_mark.line:
            yield each, is_key


def _place(node: yaml.ScalarNode) -> tuple[int, int, int]:
    start, end = node.start_mark, node.end_mark
    return start.line + 1, start.column + 1, end.column + 1


def _in_style(answer: str, style: str | None) -> str:
    """Keep the quotes of a text that another text replaces."""
    value = _value(answer)
    return quoted(value, style) if style in ("'", '"') and isinstance(value, str) else answer


def _value(answer: str) -> Any:
    try:
        return parse(answer)[1]
    except (RefusedError, yaml.YAMLError):
        raise ChangesMoreError from None


def _written(text: str, edits: Iterable[_Edit]) -> str:
    lines = Lines(text)
    for edit in sorted(edits, key=lambda each: (each.line, each.column), reverse=True):
        start = lines.offset(edit.line, edit.column)
        end = lines.offset(edit.line, edit.end_column)
        text = text[:start] + edit.text + text[end:]
    return text


def _says_the_same(
    before: Document | Problem, after: Document | Problem, edits: Iterable[_Edit]
) -> bool:
    if isinstance(before, Problem):
        # It said nothing yet; now it must, or at least fail only further down.
        return isinstance(after, Document) or after.line > before.line
    answers = {place: _value(edit.text) for edit in edits for place in edit.replaced}
    return isinstance(after, Document) and _text(after.data) == _text(_mended(before.data, answers))


def _mended(data: Any, answers: dict[Replaced, Any], path: Path = ()) -> Any:
    """Return the data as they must be when the answers, and nothing else, are in their places."""
    if (dotted(path), False) in answers:
        return answers[dotted(path), False]
    if isinstance(data, dict):
        return {
            answers.get((dotted((*path, key)), True), key): _mended(value, answers, (*path, key))
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [_mended(item, answers, (*path, index)) for index, item in enumerate(data)]
    return data


def _text(data: Any) -> str:
    """Write data so that 1, 1.0 and true differ, which are equal to Python."""
    return json.dumps(data, sort_keys=True)
