"""Many files are judged by several processes, with the same verdicts in the same order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from examples import VALID

from generator.compiler import judge
from generator.environment import load_environment
from generator.project import Project
from generator.spread import ENOUGH

Write = Callable[[str, str], Path]

# A process of its own: one with threads, as other tests have, is never copied.
JUDGE = """
import json, os, sys
from pathlib import Path
from generator import spread
from generator.problem import Problem
from generator.verdict import Verdict

here, count, others_end = os.getpid(), int(sys.argv[1]), sys.argv[2] == "others end"
spread._cores = lambda: 2

def judge(file):
    if others_end and os.getpid() != here:
        os._exit(9)
    problem = Problem(str(file), 1, 1, "", "process", str(os.getpid() == here))
    return Verdict(file, None, (problem,), configuration={"large": {}})

files = [Path(f"{number}.yaml") for number in range(count)]
verdicts = list(spread.spread(judge, files))
assert [verdict.file for verdict in verdicts] == files
print(json.dumps(sorted({verdict.problems[0].message for verdict in verdicts})))
"""


def judged(count: int, others: str = "go on") -> list[str]:
    """Judge many files; return whether the first process did so, and whether another."""
    command = [sys.executable, "-c", JUDGE, str(count), others]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    answer: list[str] = json.loads(finished.stdout)
    return answer


def test_two_processes_share_the_files_and_keep_their_order() -> None:
    assert judged(2 * ENOUGH + 1) == ["False", "True"]


def test_few_files_stay_in_one_process() -> None:
    assert judged(2 * ENOUGH - 1) == ["True"]


def test_a_process_that_is_ended_from_outside_costs_no_verdict() -> None:
    assert judged(2 * ENOUGH, "others end") == ["True"]


def test_lint_finds_the_same_in_many_files_as_one_process_does(
    project: Project, write: Write, pipelines: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    write("_defaults", "retries: 1\nowner: everybody\n")
    for number in range(2 * ENOUGH):
        text = VALID.format(name=f"p{number}")
        write(f"p{number}", text + "retires: 3\n" if number % 50 == 7 else text)
    write("twin", VALID.format(name="twin").replace("  name: twin", "  name: p3"))
    environment, _ = load_environment(project, "local")
    assert environment is not None
    alone = {found for each in judge(project, environment) for found in each.problems}
    assert {each.rule for each in alone} == {"duplicate-name", "unknown-key"}
    said = pipelines("lint").stdout
    assert [line for line in said.splitlines() if line.startswith("pipelines/")] == [
        str(each) for each in sorted(alone)
    ]
