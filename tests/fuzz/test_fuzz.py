"""Whatever is in a file: what is valid becomes a DAG, and anything else gets problems at its lines.

Each test makes files of its own; tests/fuzz/profiles.py says how many.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from data_mistakes import Path, at
from examples import paths
from hypothesis import given
from hypothesis import strategies as st
from judges import Judges, check_problems
from pipeline_files import GOLDEN, PipelineFile, damaged_files, mistaken_files, valid_files
from profiles import tries
from schema_values import values, whole_schema

from generator.environment import DEFAULT_NAME
from generator.everywhere import ALL
from generator.json_schema.schema import Schema
from generator.problem import Problem
from generator.yaml_file.document import Document, read

ENVIRONMENTS = st.sampled_from(["local", "dev", "prod", ALL])
WITH_NETWORK = ["dev", "prod", ALL]
SCHEMAS = ["defaults", "environment", "pipeline"]

FULLEST = GOLDEN / "valid-every-key.yaml"


def fullest() -> Any:
    """Return the data of the golden case that has every key."""
    document = read(FULLEST.read_bytes(), FULLEST.name)
    assert isinstance(document, Document)
    return document.data


def lint_changed(judges: Judges, path: Path, value: Any) -> list[Problem]:
    """Return what lint says of that case with another value at ``path``."""
    changed = fullest()
    at(changed, path[:-1])[path[-1]] = value
    file = PipelineFile(FULLEST.stem, json.dumps(changed).encode())  # every JSON is YAML
    return judges.lint(file, "prod")


@tries(percent=20)
@given(file=valid_files(), environment=ENVIRONMENTS)
def test_what_is_valid_has_no_error_and_becomes_a_dag(
    judges: Judges, file: PipelineFile, environment: str
) -> None:
    judgement = judges.judge(file, environment)
    if [error.rule for error in judgement.errors] == ["serverless"]:
        assert environment in WITH_NETWORK  # which no pipeline can leave
        return
    assert judgement.errors == []
    assert judgement.dag or environment == ALL


@tries(percent=40)
@given(file=mistaken_files(), environment=ENVIRONMENTS)
def test_what_has_mistakes_gets_problems_or_becomes_a_dag(
    judges: Judges, file: PipelineFile, environment: str
) -> None:
    judgement = judges.judge(file, environment)
    assert judgement.errors or judgement.dag or environment == ALL


@tries(percent=20)
@given(file=damaged_files())
def test_any_bytes_get_problems_or_become_a_dag(judges: Judges, file: PipelineFile) -> None:
    judgement = judges.judge(file, DEFAULT_NAME)
    assert judgement.errors or judgement.dag


@pytest.mark.parametrize("value", [None, 7, "text", [{"a": [None]}]], ids=repr)
def test_any_one_value_can_be_of_any_kind(judges: Judges, value: Any) -> None:
    for path in paths(fullest()):
        lint_changed(judges, path, value)


def test_no_text_can_hold_what_a_database_cannot_keep(judges: Judges) -> None:
    data = fullest()
    texts = [path for path in paths(data) if isinstance(at(data, path), str)]
    assert lint_changed(judges, texts[0], at(data, texts[0])) == []
    for path in texts:
        problems = lint_changed(judges, path, f"{at(data, path)}\0")
        assert [problem for problem in problems if problem.level == "error"], path


@tries(percent=8)
@given(file=mistaken_files() | damaged_files())
def test_what_can_be_mended_is_mended(judges: Judges, file: PipelineFile) -> None:
    judges.fix(file)


@tries(percent=6)
@given(file=damaged_files())
def test_any_bytes_are_read_or_refused(file: PipelineFile) -> None:
    answer = read(file.content, f"{file.name}.yaml")
    if not isinstance(answer, Document):
        check_problems([answer], file.text)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_accepts_what_is_made_from_it(name: str) -> None:
    @tries(percent=2)
    @given(data=values(whole_schema(f"{name}.schema.json")))
    def check(data: Any) -> None:
        assert Schema.named(name).check(data) == []

    check()
