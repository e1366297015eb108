"""Rules that need more than one file have examples, too: small projects, linted everywhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from generator.compiler import lint
from generator.project import Project
from generator.report import render

GOLDEN = Path(__file__).parent / "golden" / "projects"
CASES = sorted(case for case in GOLDEN.iterdir() if case.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_lint_says_of_a_project_what_the_golden_file_says(
    case: Path, project: Project, pytestconfig: pytest.Config
) -> None:
    shutil.copytree(case, project.root, dirs_exist_ok=True)
    said = render(lint(project, "all"), "text", project) + "\n"
    golden = GOLDEN / f"{case.name}.out"
    if pytestconfig.getoption("--update-golden"):
        golden.write_text(said, "utf-8")
    assert said == golden.read_text("utf-8")


def test_every_rule_of_several_files_has_a_golden_project() -> None:
    said = "".join(file.read_text("utf-8") for file in GOLDEN.glob("*.out"))
    shown = set(re.findall(r"\[([a-z-]+)\]$", said, re.MULTILINE))
    assert shown >= {"duplicate-name", "unused-default"}
