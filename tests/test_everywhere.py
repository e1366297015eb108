"""Linting every environment says each problem once, and where it exists."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from examples import VALID

from generator.compiler import lint
from generator.project import Project

Write = Callable[[str, str], Path]


def add(project: Project, environment: str, line: str) -> None:
    file = project.environment_file(environment)
    file.write_text(file.read_text("utf-8") + line + "\n", "utf-8")


def test_a_problem_of_every_environment_is_said_once_in_the_same_words(
    project: Project, write: Write
) -> None:
    write("a", VALID.format(name="a") + "retires: 3\n")
    write("b", "name: [")
    assert lint(project, "all") == lint(project, "local")


def test_a_problem_of_some_environments_names_them(project: Project, write: Write) -> None:
    add(project, "dev", "variables: {sample: 1}")
    write("a", VALID.format(name="a") + "retries: ${{ env.variables.sample }}\n")
    (problem,) = lint(project, "all")
    assert problem.rule == "unresolved-expression"
    assert problem.message.endswith("; only in environments 'local' and 'prod'")
    assert lint(project, "dev") == []


def test_values_of_the_environment_do_not_make_a_problem_another_one(
    project: Project, write: Write
) -> None:
    text = VALID.format(name="a").replace("    source:", "    output:").replace("/in/", "/out")
    write("a", text)
    (problem,) = lint(project, "all")
    assert problem.message.startswith("'s3://acme-ml-data-dev/out'")
    assert problem.message.endswith("; this is environment 'dev', and the others are alike")


def test_a_value_that_only_looks_like_an_environments_own_does_no_harm(
    project: Project, write: Write
) -> None:
    """`dev` is a name of an environment, and here the beginning of a word."""
    write("a", VALID.format(name="a").replace("clean.py", "dev/local/prod.py"))
    (problem,) = lint(project, "all")
    assert problem.message == "there is no script 'dev/local/prod.py' in glue_scripts/"


def test_a_broken_environment_is_said_at_its_line_and_the_others_are_linted(
    project: Project, write: Write
) -> None:
    add(project, "prod", "buckets: x")
    write("a", VALID.format(name="a") + "retires: 3\n")
    problems = lint(project, "all")
    assert [(each.file, each.rule) for each in problems] == [
        ("environments/prod.yaml", "unknown-key"),
        ("pipelines/a.yaml", "unknown-key"),
    ]
    assert "only in" not in problems[1].message


def test_a_project_without_environments_is_told_so(project: Project, write: Write) -> None:
    shutil.rmtree(project.environments)
    project.environments.mkdir()
    write("a", VALID.format(name="a"))
    assert [each.rule for each in lint(project, "all")] == ["unknown-environment"]


def test_the_command_lints_everywhere(
    pipelines: Callable[..., subprocess.CompletedProcess[str]], write: Write
) -> None:
    write("a", VALID.format(name="a") + "notify: {on_failure: '${{ env.variables.topic }}'}\n")
    finished = pipelines("lint", "--env", "all")
    assert finished.returncode == 1
    assert finished.stdout.count("unresolved-expression") == 1
    assert "1 pipeline, 1 error in 1 file" in finished.stdout


def test_the_order_of_the_answer_depends_on_nothing(project: Project, write: Write) -> None:
    for name in ("a", "b", "c"):
        write(name, VALID.format(name=name) + "retries: ${{ env.variables.none }}\nretires: 1\n")
    files = sorted(project.pipeline_files(), reverse=True)
    assert lint(project, "all", files) == lint(project, "all") == sorted(lint(project, "all"))
