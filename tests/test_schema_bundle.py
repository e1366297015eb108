"""Editors get one whole schema, which takes files as people write them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT, VALID
from jsonschema import Draft202012Validator

from generator.json_schema.bundle import as_text, editor_schema
from generator.project import Project
from generator.starter import EDITOR_SCHEMA
from generator.yaml_file.data import parse

GOLDEN = ROOT / "tests" / "golden" / "lint"
EDITOR = ROOT / "schemas" / "editor"
NAMES = ("pipeline", "defaults")
DRAFT_7 = {
    "$schema", "additionalProperties", "allOf", "anyOf", "const", "default", "description", "else",
    "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "if", "items", "maxItems",
    "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
    "pattern", "properties", "propertyNames", "required", "then", "title", "type", "uniqueItems",
}  # fmt: skip
"""The keywords that editors know which stop at JSON Schema's draft 7."""


def keywords(schema: Any) -> Iterator[str]:
    """Yield every keyword of a schema and of those in it."""
    if not isinstance(schema, dict):
        return
    yield from schema
    inner = [schema.get(key) for key in ("additionalProperties", "else", "if", "items", "then")]
    lists = [*schema.get("allOf", []), *schema.get("anyOf", [])]
    for each in (*inner, *lists, *schema.get("properties", {}).values()):
        yield from keywords(each)


def schemas(file: Path) -> list[Path]:
    """Return the schemas that a file's first lines name, for VS Code and for JetBrains."""
    lines = file.read_text("utf-8").splitlines()[:2]
    named = [
        re.match(r"# (?:yaml-language-server: \$schema=|\$schema: )(\S+)$", line) for line in lines
    ]
    return [(file.parent / found[1]).resolve() for found in named if found]


def pipeline_problems(text: str) -> list[str]:
    validator = Draft202012Validator(editor_schema("pipeline"))
    return [error.message for error in validator.iter_errors(parse(text)[1])]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_for_editors_is_made_from_the_schemas(name: str) -> None:
    written = (EDITOR / f"{name}.json").read_text("utf-8")
    assert written == as_text(editor_schema(name)), "run `make schemas`"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_for_editors_needs_no_other_file_and_only_what_every_editor_knows(
    name: str,
) -> None:
    schema = editor_schema(name)
    Draft202012Validator.check_schema(schema)
    assert "$ref" not in json.dumps(schema)
    # An annotation of VS Code's and JetBrains's own that others pass over.
    assert set(keywords(schema)) - {"patternErrorMessage"} <= DRAFT_7


@pytest.mark.parametrize(
    "file",
    [*sorted((ROOT / "pipelines").rglob("*.yaml")), *sorted(GOLDEN.glob("valid*.yaml"))],
    ids=lambda file: file.stem,
)
def test_an_editor_finds_nothing_in_a_good_file_with_its_expressions(file: Path) -> None:
    assert pipeline_problems(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "retries: ${{ env.variables.retries }}",
        "catchup: ${{ env.variables.catchup }}",
        "tags: ${{ env.variables.tags }}",
        "retry_delay: ${{ env.variables.delay }}",
        "notify: {on_failure: '${{ env.alerts_topic_arn }}'}",
    ],
)
def test_every_kind_of_value_may_be_an_expression(line: str) -> None:
    text = VALID.format(name="a")
    assert pipeline_problems(f"{text}{line}\n") == []
    section = text.replace("clean.py", "clean.py\n  worker_type: ${{ env.variables.worker }}")
    assert pipeline_problems(section) == []


@pytest.mark.parametrize(
    "line",
    ["retires: 2", "retries: two", "retries: 99", "retry_delay: 5 minutes", "tags: 5", "notify: x"],
)
def test_an_editor_sees_what_a_schema_can_see(line: str) -> None:
    assert pipeline_problems(VALID.format(name="a") + line + "\n") != []


def test_the_command_prints_the_schema_without_a_project(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "generator", "schema"]
    variables = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    printed = subprocess.run(
        command, cwd=tmp_path, env=variables, capture_output=True, encoding="utf-8", check=True
    )
    assert json.loads(printed.stdout) == editor_schema("pipeline")


def test_the_first_lines_of_a_new_pipeline_name_a_schema_that_is_there(
    pipelines: Callable[..., subprocess.CompletedProcess[str]], project: Project
) -> None:
    finished = pipelines("new", "late-payers")
    assert finished.stdout == (
        "wrote pipelines/late-payers.yaml; next: pipelines lint, pipelines graph late-payers\n"
        "wrote schemas/editor/pipeline.json, which editors complete and explain the keys from\n"
    )
    again = pipelines("new", "early-payers")
    assert again.stdout.count("wrote") == 1
    for file in project.pipeline_files():
        assert schemas(file) == [(project.root / EDITOR_SCHEMA).resolve()] * 2
    written = (project.root / EDITOR_SCHEMA).read_text("utf-8")
    assert json.loads(written) == editor_schema("pipeline")


def test_the_settings_of_vs_code_name_files_that_are_there() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text("utf-8"))
    for schema, patterns in settings["yaml.schemas"].items():
        assert (ROOT / schema).is_file()
        folders = {pattern.split("/")[0] for pattern in patterns if not pattern.startswith("!")}
        assert all((ROOT / folder).is_dir() for folder in folders)


def test_the_first_lines_of_our_own_files_name_schemas_that_are_there() -> None:
    files = [*(ROOT / "pipelines").rglob("*.yaml"), *(ROOT / "environments").glob("*.yaml")]
    for file in files:
        assert schemas(file)
        assert all(schema.is_file() for schema in schemas(file))
