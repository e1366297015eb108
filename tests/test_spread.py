"""Many files are judged by several processes, with the same verdicts in the same order."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from examples import VALID

from generator import spread as module
from generator.compiler import judge, lint
from generator.environment import load_environment
from generator.problem import Problem
from generator.project import Project
from generator.spread import ENOUGH, spread
from generator.verdict import Verdict

Write = Callable[[str, str], Path]
FILES = [Path(f"{number}.yaml") for number in range(2 * ENOUGH + 1)]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: 2)


def by_process(file: Path) -> Verdict:
    problem = Problem(str(file), 1, 1, "", "process", str(os.getpid()))
    return Verdict(file, None, (problem,), configuration={"large": {}})


def test_two_processes_share_the_files_and_keep_their_order() -> None:
    verdicts = list(spread(by_process, FILES))
    assert [verdict.file for verdict in verdicts] == FILES
    assert len({verdict.problems[0].message for verdict in verdicts}) == 2


def test_few_files_stay_in_one_process() -> None:
    verdicts = list(spread(by_process, FILES[: 2 * ENOUGH - 1]))
    assert {verdict.problems[0].message for verdict in verdicts} == {str(os.getpid())}


def test_a_process_that_is_ended_from_outside_costs_no_verdict() -> None:
    here = os.getpid()

    def judge_or_end(file: Path) -> Verdict:
        if os.getpid() != here:
            os._exit(9)
        return by_process(file)

    assert [verdict.file for verdict in spread(judge_or_end, FILES)] == FILES


def test_lint_finds_the_same_in_many_files_as_one_process_does(
    project: Project, write: Write
) -> None:
    write("_defaults", "retries: 1\nowner: everybody\n")
    for number in range(2 * ENOUGH):
        text = VALID.format(name=f"p{number}")
        write(f"p{number}", text + "retires: 3\n" if number % 50 == 7 else text)
    write("twin", VALID.format(name="twin").replace("  name: twin", "  name: p3"))
    environment, _ = load_environment(project, "local")
    assert environment is not None
    alone = {found for each in judge(project, environment) for found in each.problems}
    found = lint(project, "local")
    assert {each.rule for each in found} == {"duplicate-name", "unknown-key"}
    assert found == sorted(alone)
