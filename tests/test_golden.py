"""Every rule has examples: a pipeline file, and what lint says about it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from generator import checks, text_checks
from generator.compiler import compile_pipeline, lint
from generator.environment import load_environment
from generator.project import Project
from generator.report import render

GOLDEN = Path(__file__).parent / "golden"
LINT_CASES = sorted((GOLDEN / "lint").glob("*.yaml"))
VALID_CASES = [case for case in LINT_CASES if case.stem.startswith("valid")]

RULES = (*checks.CHECKS, *checks.LAST_CHECKS, *text_checks.CHECKS)

RULES_OF_THE_LANGUAGE = {
    "missing-key",
    "missing-value",
    "out-of-range",
    "run-time-template",
    "too-many-problems",
    "unknown-key",
    "unresolved-expression",
    "wrong-type",
    "wrong-value",
    "yaml",
}


def compare(actual: str, file: Path, update: bool) -> None:
    if update:
        file.write_text(actual, "utf-8")
    assert actual == file.read_text("utf-8")


@pytest.mark.parametrize("case", LINT_CASES, ids=lambda case: case.stem)
def test_lint_says_what_the_golden_file_says(
    case: Path, project: Project, pytestconfig: pytest.Config
) -> None:
    shutil.copyfile(case, project.pipelines / case.name)
    said = render(lint(project, "local"), "text", project)
    text = said + "\n" if said else ""
    compare(text, case.with_suffix(".out"), pytestconfig.getoption("--update-golden"))


@pytest.mark.parametrize("case", VALID_CASES, ids=lambda case: case.stem)
def test_a_valid_pipeline_expands_to_the_golden_configuration(
    case: Path, project: Project, pytestconfig: pytest.Config
) -> None:
    file = Path(shutil.copyfile(case, project.pipelines / case.name))
    environment, _ = load_environment(project, "prod")
    assert environment is not None
    configuration, problems = compile_pipeline(project, environment, file)
    assert not problems
    text = yaml.safe_dump(configuration, sort_keys=False, width=1_000)
    compare(text, GOLDEN / "expand" / case.name, pytestconfig.getoption("--update-golden"))


def test_every_rule_has_a_golden_case() -> None:
    said = "".join(case.with_suffix(".out").read_text("utf-8") for case in LINT_CASES)
    shown = set(re.findall(r"^pipelines/.* \[([a-z-]+)\]$", said, re.MULTILINE))
    modules = {check.__module__.rpartition(".")[2].replace("_", "-") for check in RULES}
    assert shown == modules | RULES_OF_THE_LANGUAGE


def test_every_rule_module_explains_itself() -> None:
    for check in RULES:
        module = __import__(check.__module__, fromlist=["check"])
        rule = check.__module__.rpartition(".")[2].replace("_", "-")
        assert (module.__doc__ or "").startswith(f"`{rule}`: ")


def test_lint_gives_the_same_answer_whatever_the_order_of_files(
    project: Project, write: Callable[[str, str], Path]
) -> None:
    for case in LINT_CASES:
        shutil.copyfile(case, project.pipelines / case.name)
    first = lint(project, "local")
    assert first == lint(project, "local", sorted(project.pipeline_files(), reverse=True))
    assert first == sorted(set(first))
