"""What is accepted fast is what jsonschema accepts."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from examples import ROOT, paths
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from generator.json_schema.acceptance import Accepts, acceptance
from generator.yaml_file.document import Document, read

SCHEMAS = ROOT / "schemas"
NAMES = sorted(path.relative_to(SCHEMAS).as_posix() for path in SCHEMAS.rglob("*.schema.json"))
CONTENTS = {name: json.loads((SCHEMAS / name).read_text("utf-8")) for name in NAMES}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, DRAFT202012.create_resource(content)) for name, content in CONTENTS.items()
)
JSONSCHEMA = Draft202012Validator(CONTENTS["pipeline.schema.json"], registry=REGISTRY)
JUNK: tuple[Any, ...] = (None, True, 0, 1, -1, 1.0, 1e9, "", "x", "a\n", [], [1, 1], {}, {"a": 1})


def compiled(content: Any) -> Accepts:
    return acceptance(content, content.get("$id", ""))


@cache
def golden() -> dict[str, Any]:
    read_files = {
        path.stem: read(path.read_bytes(), path.name)
        for path in sorted((ROOT / "tests" / "golden" / "lint").glob("*.yaml"))
    }
    return {name: each.data for name, each in read_files.items() if isinstance(each, Document)}


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = parent = copy.deepcopy(data)
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_of_our_schemas_is_known(name: str) -> None:
    compiled(CONTENTS[name])


def test_it_agrees_with_jsonschema_on_every_golden_file() -> None:
    accepts = compiled(CONTENTS["pipeline.schema.json"])
    answers = {name: accepts(data) for name, data in golden().items()}
    differing = {name for name in answers if answers[name] != JSONSCHEMA.is_valid(golden()[name])}
    # Ours is stricter than the standard: 2.0 is no whole number, "a\n" does not end.
    assert differing == {"wrong-type-whole-number", "wrong-value-newline"}
    assert set(answers.values()) == {True, False}


@pytest.mark.parametrize("name", [name for name in golden() if name.startswith("valid")])
def test_nothing_wrong_is_accepted_wherever_it_stands(name: str) -> None:
    accepts = compiled(CONTENTS["pipeline.schema.json"])
    data = golden()[name]
    for path in paths(data):
        for junk in JUNK:
            changed = replaced(data, path, junk)
            assert not accepts(changed) or JSONSCHEMA.is_valid(changed), (path, junk)


@pytest.mark.parametrize(
    ("content", "fine", "doubtful"),
    [
        ({"type": "integer"}, [0, -3], [True, 2.0, "1", None]),
        ({"type": ["number", "null"]}, [1, 1.5, None], [False, "1"]),
        ({"const": 1}, [1], [True, 1.0, 2]),
        ({"enum": ["a", 1, False]}, ["a", 1, False], ["b", True, 0, [], {}]),
        ({"pattern": "^a$"}, ["a", 3], ["a\n", "b"]),
        ({"uniqueItems": True}, [["a", "b"], [], "aa"], [["a", "a"], [[1], [1]]]),
        ({"required": ["a"]}, [{"a": 1}, []], [{}, {"b": 1}]),
        ({"if": {"type": "array"}, "then": {"minItems": 1}, "else": False}, [[1]], [[], 1]),
        ({"propertyNames": {"maxLength": 1}, "maxProperties": 1}, [{"a": 1}, 7], [{"ab": 1}]),
        ({"additionalProperties": False}, [{}], [{"a": 1}]),
        ({"exclusiveMinimum": 0, "maximum": 1}, [0.5, 1, "text"], [0, 1.1]),
    ],
)
def test_a_keyword_means_what_json_schema_says(
    content: Any, fine: list[Any], doubtful: list[Any]
) -> None:
    accepts = compiled(content)
    assert [accepts(value) for value in fine] == [True] * len(fine)
    assert [accepts(value) for value in doubtful] == [False] * len(doubtful)


def test_a_keyword_that_nobody_has_taught_it_is_refused_at_once() -> None:
    with pytest.raises(KeyError, match="oneOf"):
        compiled({"oneOf": [{"type": "string"}]})
    with pytest.raises(KeyError, match="if"):
        compiled({"if": {"properties": {"a": {"const": 1}}}})
