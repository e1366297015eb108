"""`pipelines explain` is the manual: every rule, in any folder, without internet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from examples import ROOT

from generator.manual import page
from generator.rules.catalogue import catalogue


def explain(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PIPELINES_ROOT"}
    return subprocess.run(
        [sys.executable, "-m", "generator", "explain", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_a_rule_is_explained_with_an_example_and_what_lint_says(tmp_path: Path) -> None:
    finished = explain("unknown-key", folder=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == page(catalogue()["unknown-key"])
    assert "retires: 3\n" in finished.stdout
    assert "did you mean 'retries'?) [unknown-key]\n" in finished.stdout


def test_without_a_rule_all_are_listed_with_one_sentence_each(tmp_path: Path) -> None:
    finished = explain(folder=tmp_path)
    assert finished.returncode == 0
    lines = finished.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue())
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("rule", "hint"),
    [("unkown-key", "did you mean 'unknown-key'?"), ("zzz", "`pipelines explain` lists them")],
)
def test_an_unknown_rule_is_wrong_usage_with_a_suggestion(
    tmp_path: Path, rule: str, hint: str
) -> None:
    finished = explain(rule, folder=tmp_path)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"pipelines: there is no rule '{rule}' ({hint})\n"


def test_a_terminal_gets_colours_and_the_same_words(tmp_path: Path) -> None:
    finished = explain("schedule", folder=tmp_path, FORCE_COLOR="1", TERM="xterm", COLUMNS="80")
    assert "\x1b[" in finished.stdout
    assert "schedule: 0 6 * *" not in page(catalogue()["schedule"]).replace("0 6 * *", "")
    assert "five cron fields or a preset" in finished.stdout
    assert max(map(len, explain("schedule", folder=tmp_path).stdout.splitlines())) > 80
