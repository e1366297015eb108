"""What a pipeline gives to a script and what the script asks for, in all their combinations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.compiler import lint
from generator.problem import Problem
from generator.project import Project

Write = Callable[[str, str], Path]

HEAD = "schema_version: 1\nname: a\nowner: tests\n"


def said(project: Project, write: Write, glue: str) -> list[Problem]:
    write("a", HEAD + glue)
    return lint(project, "local")


def rules(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(each.rule, each.level) for each in problems]


@pytest.mark.parametrize(
    "arguments",
    [
        "{source: s3://b/}",
        "{source: s3://b/, seed: 1, train_fraction: 0.7, output: s3://bucket/out/}",
        "{source: s3://b/, TempDir: s3://b/tmp/, enable-metrics: true, conf: a=b}",
        "{source: [s3://b/]}",  # of the wrong kind, which is said already
        "{source: '${{ env.no_such }}'}",
        "",
        "[source]",
    ],
)
def test_no_argument_is_missed_or_spare_by_mistake(
    project: Project, write: Write, arguments: str
) -> None:
    problems = said(project, write, f"glue:\n  script: split.py\n  arguments: {arguments}\n")
    assert "script-arguments" not in {each.rule for each in problems}


def test_a_misspelt_argument_is_one_mistake_with_one_cure(project: Project, write: Write) -> None:
    (problem,) = said(project, write, "glue: {script: split.py, arguments: {sorce: s3://b/}}\n")
    assert (problem.level, problem.replacement) == ("error", "source")
    (problem,) = said(
        project, write, "glue: {script: split.py, arguments: {source: s3://b/, sed: 1}}\n"
    )
    assert (problem.level, problem.replacement) == ("warning", "seed")


def test_an_argument_that_is_given_is_not_meant_by_another_one(
    project: Project, write: Write
) -> None:
    arguments = "{source: s3://b/, seed: 1, sed: 2}"
    (problem,) = said(project, write, f"glue: {{script: split.py, arguments: {arguments}}}\n")
    assert (problem.hint, problem.replacement) == ("remove it, or let the script read it", None)


def test_arguments_may_come_from_defaults(project: Project, write: Write) -> None:
    write("_defaults", "glue:\n  arguments: {source: s3://b/}\n")
    assert said(project, write, "glue: {script: split.py}\n") == []


def test_what_defaults_do_not_give_is_missed_at_the_job(project: Project, write: Write) -> None:
    write("_defaults", "glue:\n  arguments: {seed: 1}\n")
    (problem,) = said(project, write, "glue:\n  script: split.py\n")
    assert (problem.file, problem.line, problem.rule) == ("pipelines/a.yaml", 4, "script-arguments")


def test_a_mistake_in_needs_is_not_a_missing_input_as_well(project: Project, write: Write) -> None:
    jobs = """
glue:
  - {name: clean, script: clean.py}
  - {name: join, script: join.py, needs: [NEED], arguments: {source: s3://b/, key: id}}
"""
    assert rules(said(project, write, jobs.replace("NEED", "claen"))) == [("job-needs", "error")]
    assert said(project, write, jobs.replace("NEED", "clean")) == []


def test_a_script_that_is_not_there_is_one_mistake(project: Project, write: Write) -> None:
    glue = "glue: {script: gone.py, arguments: {source: s3://b/}}\n"
    assert rules(said(project, write, glue)) == [("script-missing", "error")]


def test_a_script_that_reads_the_command_line_itself_is_believed(
    project: Project, write: Write
) -> None:
    script = project.glue_scripts / "by_hand.py"
    script.write_text(
        "import sys\nfrom awsglue.utils import getResolvedOptions\n"
        "getResolvedOptions(sys.argv, ['JOB_NAME'])\n"
        "country = sys.argv[sys.argv.index('--country') + 1]\n"
    )
    glue = "glue: {script: by_hand.py, arguments: {country: de, ctry: de}}\n"
    (problem,) = said(project, write, glue)
    assert problem.path == "glue.arguments.ctry"


def test_a_script_in_a_folder_is_read_there(project: Project, write: Write) -> None:
    (project.glue_scripts / "team").mkdir()
    (project.glue_scripts / "split.py").rename(project.glue_scripts / "team" / "split.py")
    (problem,) = said(project, write, "glue: {script: team/split.py}\n")
    assert problem.message == "the script team/split.py needs the argument 'source'"
