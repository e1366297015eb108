"""The command `pipelines`, as a person types it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from examples import ROOT, VALID

from generator.compiler import lint
from generator.project import Project

Write = Callable[[str, str], Path]
Pipelines = Callable[..., subprocess.CompletedProcess[str]]

COMMANDS = ("lint", "explain", "schema", "show", "graph", "run", "aws", "ui", "new")


def test_lint_of_good_files_says_so_and_exits_0(pipelines: Pipelines, write: Write) -> None:
    write("good", VALID.format(name="good"))
    finished = pipelines("lint")
    assert (finished.returncode, finished.stdout) == (0, "1 pipeline, no problems\n")


def test_lint_shows_the_line_with_a_caret_and_exits_1(pipelines: Pipelines, write: Write) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    finished = pipelines("lint", "pipelines/")
    assert finished.returncode == 1
    assert finished.stdout == (
        "pipelines/bad.yaml:16:1: 'retires' is not a key of a pipeline "
        "(did you mean 'retries'?) [unknown-key]\n"
        "  16 | retires: 3\n"
        "     | ^^^^^^^\n"
        "\n"
        "1 pipeline, 1 error in 1 file\n"
    )


def test_lint_as_json_is_one_array_with_the_fields_of_a_problem(
    pipelines: Pipelines, write: Write
) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    (problem,) = json.loads(pipelines("lint", "--format", "json").stdout)
    assert problem == {
        "file": "pipelines/bad.yaml",
        "line": 16,
        "column": 1,
        "path": "retires",
        "rule": "unknown-key",
        "message": "'retires' is not a key of a pipeline",
        "hint": "did you mean 'retries'?",
        "level": "error",
        "end_column": 8,
        "replacement": "retries",
    }


def test_lint_as_json_of_good_files_is_an_empty_array(pipelines: Pipelines) -> None:
    finished = pipelines("lint", "--format", "json")
    assert (finished.returncode, json.loads(finished.stdout)) == (0, [])


def test_lint_for_github_annotates_the_line(pipelines: Pipelines, write: Write) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    finished = pipelines("lint", "--format", "github")
    assert finished.stdout == (
        "::error file=pipelines/bad.yaml,line=16,col=1,endColumn=8,title=unknown-key::"
        "'retires' is not a key of a pipeline (did you mean 'retries'?)\n"
    )


def test_lint_takes_single_files(pipelines: Pipelines, write: Write) -> None:
    write("bad", "name: [")
    write("good", VALID.format(name="good"))
    assert pipelines("lint", "pipelines/good.yaml").returncode == 0
    assert pipelines("lint", "pipelines/bad.yaml").returncode == 1


def test_the_environment_comes_from_the_option_or_the_variable(
    pipelines: Pipelines, write: Write
) -> None:
    write("good", VALID.format(name="good"))
    text = pipelines("show", "good", "--env", "prod").stdout
    assert "acme-ml-data-prod" in text
    assert text == pipelines("show", "good", env={**os.environ, "PIPELINES_ENV": "prod"}).stdout
    finished = pipelines("lint", "--env", "prood")
    assert finished.returncode == 1
    assert "there is no environment 'prood' (did you mean 'prod'?)" in finished.stdout


def test_show_prints_yaml_that_can_be_read_back(pipelines: Pipelines, write: Write) -> None:
    write("good", VALID.format(name="good"))
    shown = yaml.safe_load(pipelines("show", "good").stdout)
    assert list(shown["good"]["tasks"]) == [
        "glue_prepare",
        "train",
        "create_model",
        "create_endpoint_config",
        "deploy",
        "verify",
        "smoke_test",
        "clean_up",
    ]


def test_graph_is_mermaid_in_a_pipe(pipelines: Pipelines, write: Write) -> None:
    write("good", VALID.format(name="good"))
    assert pipelines("graph", "good").stdout.startswith("flowchart LR\n")
    assert "│ train" in pipelines("graph", "good", "--format", "text").stdout.replace("  ", "")


@pytest.mark.parametrize("command", ["show", "graph", "run"])
def test_an_unknown_pipeline_is_wrong_usage_with_a_suggestion(
    pipelines: Pipelines, write: Write, command: str
) -> None:
    write("churn", VALID.format(name="churn"))
    finished = pipelines(command, "chrun")
    assert finished.returncode == 2
    assert finished.stderr == ("pipelines: there is no pipeline 'chrun' (did you mean 'churn'?)\n")


@pytest.mark.parametrize("command", ["show", "graph", "run"])
def test_a_broken_pipeline_is_not_shown_drawn_or_run(
    pipelines: Pipelines, write: Write, command: str
) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    finished = pipelines(command, "bad")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert "pipelines/bad.yaml:16:1" in finished.stderr


def test_new_writes_a_file_that_lints_clean_and_never_overwrites(
    pipelines: Pipelines, project: Project
) -> None:
    finished = pipelines("new", "late-payers")
    assert finished.returncode == 0, finished.stderr
    file = project.pipelines / "late-payers.yaml"
    assert file.read_text().startswith("# yaml-language-server: $schema=")
    assert lint(project, "local") == lint(project, "prod") == []
    file.write_text("mine")
    again = pipelines("new", "late-payers")
    assert again.returncode == 2
    assert "is there already; nothing was changed" in again.stderr
    assert file.read_text() == "mine"


@pytest.mark.parametrize("name", ["2026", "true", "null", "1e3"])
def test_new_quotes_a_name_that_yaml_would_take_for_something_else(
    pipelines: Pipelines, project: Project, name: str
) -> None:
    assert pipelines("new", name).returncode == 0
    assert lint(project, "local") == []


@pytest.mark.parametrize("name", ["Late Payers", "../evil", "a" * 51, "-a", ""])
def test_new_refuses_names_that_a_pipeline_cannot_have(
    pipelines: Pipelines, project: Project, name: str
) -> None:
    finished = pipelines("new", "--", name)
    assert finished.returncode == 2
    assert "cannot be a name" in finished.stderr
    assert list(project.pipelines.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples_and_exit_codes(
    pipelines: Pipelines, command: str
) -> None:
    finished = pipelines(command, "--help")
    assert finished.returncode == 0
    assert f"pipelines {command}" in finished.stdout
    assert "examples:" in finished.stdout
    assert "exit codes: 0 clean, 1 problems, 2 wrong usage, 3 a bug of ours" in finished.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["lnt"], ["lint", "--format", "xml"], ["lint", "nowhere.yaml"], ["show"]]
)
def test_wrong_usage_exits_2(pipelines: Pipelines, arguments: list[str]) -> None:
    finished = pipelines(*arguments)
    assert finished.returncode == 2
    assert finished.stderr


def test_outside_of_a_project_it_says_what_to_do(tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "PIPELINES_ROOT"}
    finished = subprocess.run(
        [sys.executable, "-m", "generator", "lint"],
        cwd=tmp_path,
        env={**variables, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 2
    assert "change into the project or set PIPELINES_ROOT" in finished.stderr


def test_a_bug_of_ours_exits_3_with_one_line_instead_of_a_traceback(
    pipelines: Pipelines, project: Project
) -> None:
    (project.environments).joinpath("local.yaml").unlink()
    code = (
        "import sys, generator.compiler as c; c.lint = lambda *a: 1 / 0;"
        "from generator.cli import main; sys.exit(main(['lint']))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 3
    assert finished.stderr.startswith("pipelines: a bug of ours: ZeroDivisionError")
    assert "Traceback" not in finished.stderr


def test_a_closed_pipe_is_no_error(project: Project, write: Write) -> None:
    write("good", VALID.format(name="good"))
    command = f"{shlex.quote(sys.executable)} -m generator show good | head -n 1"
    finished = subprocess.run(
        command, shell=True, cwd=project.root, capture_output=True, text=True, timeout=60
    )
    assert (finished.stdout, finished.stderr) == ("good:\n", "")


def test_run_says_before_it_starts_that_it_cannot_write_the_report(
    pipelines: Pipelines, project: Project, write: Write
) -> None:
    write("good", VALID.format(name="good"))
    (project.root / "file").write_text("")
    finished = pipelines("run", "good", "--report", "file/report.json")
    assert finished.returncode == 2
    assert finished.stderr.startswith("pipelines: cannot write file/report.json: ")


def test_run_says_that_the_emulated_aws_it_should_use_is_gone(
    pipelines: Pipelines, write: Write
) -> None:
    write("good", VALID.format(name="good"))
    finished = pipelines(
        "run", "good", env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    )
    assert finished.returncode == 2
    assert "nothing answers at http://127.0.0.1:1; start `pipelines aws` again" in finished.stderr


def test_run_refuses_an_aws_that_is_not_on_this_machine(pipelines: Pipelines, write: Write) -> None:
    write("good", VALID.format(name="good"))
    away = {**os.environ, "AWS_ENDPOINT_URL": "https://glue.us-east-1.amazonaws.com"}
    finished = pipelines("run", "good", env=away)
    assert finished.returncode == 2
    assert "which is not on this machine" in finished.stderr
