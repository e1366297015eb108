"""The JSON Schemas are whole: valid, explained, with examples that hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT
from jsonschema import Draft202012Validator

from generator.json_schema.bundle import defaults_schema
from generator.json_schema.schema import Schema
from generator.json_schema.validator import RUN_TIME_TEMPLATE
from generator.project import schemas_folder
from generator.stages import READERS

FILES = sorted(schemas_folder().rglob("*.schema.json"))


def keys(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every described key of a schema with its own schema."""
    if isinstance(node, list):
        for item in node:
            yield from keys(item, path)
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict) and "if" not in path:
            for name, schema in properties.items():
                yield f"{path}.{name}", schema
        for name, value in node.items():
            yield from keys(value, f"{path}.{name}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_schema_is_valid_2020_12(file: Path) -> None:
    document = json.loads(file.read_text("utf-8"))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(document)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_key_has_a_description_and_an_example(file: Path) -> None:
    found = list(keys(json.loads(file.read_text("utf-8"))))
    bare = [
        path
        for path, schema in found
        if not {"then", "else"} & set(path.split("."))
        and not (schema.get("description") and schema.get("examples"))
    ]
    assert bare == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_mapping_takes_keys_that_nobody_described(file: Path) -> None:
    def objects(node: Any, path: str) -> Iterator[str]:
        if isinstance(node, dict):
            if "properties" in node and "additionalProperties" not in node:
                yield path
            for name, value in node.items():
                if name not in ("if", "then", "else"):
                    yield from objects(value, f"{path}.{name}")

    assert list(objects(json.loads(file.read_text("utf-8")), "")) == []


def test_the_examples_of_hyperparameters_are_valid() -> None:
    schema = Schema.named("xgboost")
    document = json.loads((schemas_folder() / "xgboost.schema.json").read_text("utf-8"))
    for name, about in document["properties"].items():
        for example in about["examples"]:
            assert schema.check({"num_round": 1, name: example}) == []


def test_the_examples_of_a_pipeline_are_valid() -> None:
    pipeline = Schema.named("pipeline")
    document = json.loads((schemas_folder() / "pipeline.schema.json").read_text("utf-8"))
    example = {name: about["examples"][0] for name, about in document["properties"].items()}
    assert pipeline.check(example) == []


def test_the_schema_of_defaults_is_made_from_the_pipelines() -> None:
    written = json.loads((schemas_folder() / "defaults.schema.json").read_text("utf-8"))
    assert written == defaults_schema(), "run `make schemas`"


def test_every_stage_is_one_module_one_schema_and_one_template() -> None:
    package = ROOT / "generator"
    schemas = {file.name.split(".")[0] for file in (schemas_folder() / "stages").iterdir()}
    modules = {file.stem for file in (package / "stages").glob("*.py")} - {"__init__"}
    templates = {file.stem for file in (package / "templates").glob("*.yaml")}
    assert schemas == modules == set(READERS)
    assert set(READERS) <= templates


def test_airflow_may_resolve_templates_only_where_a_text_goes_to_a_task() -> None:
    marked = {
        path
        for file in FILES
        if file.name != "defaults.schema.json"
        for path, schema in keys(json.loads(file.read_text("utf-8")))
        if RUN_TIME_TEMPLATE in json.dumps(schema)
    }
    assert {path.rpartition(".")[2] for path in marked} == {
        "arguments",
        "source",
        "output",
    }
