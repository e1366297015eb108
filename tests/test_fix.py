"""`lint --fix` writes what has one right answer, and not a byte more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from examples import ROOT, VALID

from generator.compiler import lint
from generator.fix import fix
from generator.problem import Problem
from generator.project import Project

GOLDEN = ROOT / "tests" / "golden" / "lint"
Write = Callable[[str, str], Path]
Pipelines = Callable[..., subprocess.CompletedProcess[str]]

BROKEN = VALID.format(name="churn").replace("owner: tests\n", "ower: tests\nretires: '2'\n")


def test_every_problem_with_one_right_answer_is_fixed_and_the_rest_is_reported(
    pipelines: Pipelines, write: Write
) -> None:
    file = write("churn", BROKEN + "catchup: yes\nschedule: 0 6 * *\nstart_date: 2026-01-05\n")
    finished = pipelines("lint", "--fix")
    assert finished.returncode == 1
    assert finished.stdout == (
        "pipelines/churn.yaml:18:11: '0 6 * *' is not a schedule (five fields: minute hour day "
        "month weekday, for example 0 6 * * MON) [schedule]\n"
        "  18 | schedule: 0 6 * *\n"
        "     |           ^^^^^^^\n"
        "\n"
        "1 pipeline, 1 error in 1 file\n"
        "fixed 4 problems in 1 file\n"
    )
    text = file.read_text("utf-8")
    assert "owner: tests\nretries: 2\n" in text
    assert "catchup: true\n" in text


def test_fixing_a_second_time_changes_nothing(pipelines: Pipelines, write: Write) -> None:
    file = write("churn", BROKEN)
    assert pipelines("lint", "--fix").returncode == 0
    first, before = file.read_bytes(), file.stat().st_mtime_ns
    finished = pipelines("lint", "--fix")
    assert finished.stdout == "1 pipeline, no problems\nfixed 0 problems in 0 files\n"
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (first, before)


def test_what_a_fix_brings_to_light_is_fixed_in_the_same_run(
    pipelines: Pipelines, write: Write
) -> None:
    text = VALID.format(name="churn") + "schedule: @dialy\nstart_date: 2026-01-05\n"
    file = write("churn", text.replace("owner:", "ower:").replace("endpoint:\n", "endpont:\n"))
    finished = pipelines("lint", "--fix")
    assert finished.stdout == "1 pipeline, no problems\nfixed 4 problems in 1 file\n"
    assert file.read_text() == text.replace("@dialy", '"@daily"')


def test_defaults_are_fixed_and_environments_are_not(
    pipelines: Pipelines, project: Project, write: Write
) -> None:
    write("churn", VALID.format(name="churn"))
    defaults = write("_defaults", "retires: 1\n")
    assert "fixed 1 problem in 1 file" in pipelines("lint", "--fix").stdout
    assert defaults.read_text() == "retries: 1\n"
    environment = project.environments / "local.yaml"
    mistyped = environment.read_text().replace("region:", "regoin:")
    environment.write_text(mistyped)
    finished = pipelines("lint", "--fix")
    assert finished.returncode == 1
    assert "fixed 0 problems in 0 files" in finished.stdout
    assert environment.read_text() == mistyped


def test_a_machine_readable_report_holds_only_what_is_left(
    pipelines: Pipelines, write: Write
) -> None:
    write("churn", BROKEN + "tags: 5\n")
    finished = pipelines("lint", "--fix", "--format", "json")
    assert [problem["path"] for problem in json.loads(finished.stdout)] == ["tags"]
    assert finished.stderr == "fixed 3 problems in 1 file\n"


def test_a_read_only_file_is_left_alone_and_said_so(pipelines: Pipelines, write: Write) -> None:
    file = write("churn", BROKEN)
    file.chmod(0o444)
    finished = pipelines("lint", "--fix")
    assert finished.returncode == 1
    assert finished.stderr == ("pipelines/churn.yaml was left as it is: Permission denied\n")
    assert file.read_text() == BROKEN
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_would_say_something_else_elsewhere_is_left_alone(
    pipelines: Pipelines, write: Write
) -> None:
    shared = "params:\n  p: {type: string, default: &x no}\ncatchup: *x\n"
    text = shared + VALID.format(name="churn")
    file = write("churn", text)
    finished = pipelines("lint", "--fix")
    assert finished.returncode == 1
    assert finished.stderr == (
        "pipelines/churn.yaml was left as it is: "
        "its mistakes cannot be mended without changing more than them\n"
    )
    assert file.read_text() == text


def test_permissions_and_links_stay(pipelines: Pipelines, project: Project, write: Write) -> None:
    file = write("churn", BROKEN)
    file.chmod(0o640)
    real = project.root / "pipelines" / "_real.txt"
    file.rename(real)
    file.symlink_to(real)
    assert pipelines("lint", "--fix").returncode == 0
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "owner: tests" in real.read_text()
    assert sorted(each.name for each in real.parent.iterdir()) == ["_real.txt", "churn.yaml"]


def test_without_fix_no_file_is_touched(pipelines: Pipelines, write: Write) -> None:
    file = write("churn", BROKEN)
    assert pipelines("lint").returncode == 1
    assert file.read_text() == BROKEN


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_of_a_file_stays_when_root_fixes_it(pipelines: Pipelines, write: Write) -> None:
    file = write("churn", BROKEN)
    os.chown(file, 1234, 2345)
    assert pipelines("lint", "--fix").returncode == 0
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 2345)


def test_no_golden_case_is_harmed_and_only_lines_with_a_problem_change(project: Project) -> None:
    originals = {}
    for case in GOLDEN.glob("*.yaml"):
        shutil.copyfile(case, project.pipelines / case.name)
        originals[f"pipelines/{case.name}"] = case.read_bytes().splitlines(keepends=True)
    seen: set[tuple[str, int]] = set()

    def look() -> list[Problem]:
        problems = lint(project, "local")
        seen.update((problem.file, problem.line) for problem in problems if problem.replacement)
        return problems

    outcome = fix(project, look)
    assert outcome.left_alone == {}
    assert len(outcome.fixed) > 10
    changed = {
        (file, number)
        for file, lines in originals.items()
        for number, (old, new) in enumerate(
            zip(lines, (project.root / file).read_bytes().splitlines(keepends=True), strict=True), 1
        )
        if old != new
    }
    assert changed <= seen
    assert not fix(project, look).fixed
