"""The README shows things as they really are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from examples import ROOT

from generator.project import Project

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of one language in the order in which they stand."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for found, text in fenced if found == language]


def test_the_pipeline_is_the_one_in_the_repository() -> None:
    assert blocks("yaml")[0] == (ROOT / "pipelines" / "customer-churn.yaml").read_text("utf-8")


def test_the_graph_is_what_the_command_draws() -> None:
    command = [sys.executable, "-m", "generator", "graph", "customer-churn"]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert blocks("mermaid") == [drawn.stdout]


def test_the_mistakes_are_what_lint_says(
    project: Project,
    write: Callable[[str, str], Path],
    pipelines: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    script = project.glue_scripts / "customer_churn.py"
    script.write_text("")
    write("late-payers", blocks("yaml")[1])
    (shown,) = [block for block in blocks("") if block.startswith("$ pipelines lint")]
    command, _, said = shown.partition("\n")
    assert pipelines(*command.split()[2:]).stdout == said


def test_every_file_that_the_documents_link_to_is_there() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
