"""One name, one endpoint, one pipeline: whichever files are judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from examples import VALID

from generator.compiler import judge_file, lint
from generator.environment import load_environment
from generator.project import Project
from generator.uniqueness import Uniqueness
from generator.verdict import Verdict

Write = Callable[[str, str], Path]


def with_endpoint(name: str, endpoint: str) -> str:
    whole = VALID.format(name=name)
    return whole.replace(f"endpoint:\n  name: {name}", f"endpoint:\n  name: {endpoint}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("churn", "churn"),
        ("Churn", "cHURN"),
        ("${{ env.name }}-churn", "local-churn"),
        ('"churn"   # ours', "churn"),
    ],
)
def test_an_endpoint_that_is_taken_is_found_although_one_file_is_linted(
    project: Project, write: Write, first: str, second: str
) -> None:
    write("a", with_endpoint("a", first))
    later = write("team/b", with_endpoint("b", second))
    everything = lint(project, "local")
    assert [(each.file, each.rule) for each in everything] == [
        ("pipelines/team/b.yaml", "duplicate-name")
    ]
    assert lint(project, "local", [later]) == everything
    assert lint(project, "local", [project.pipelines / "a.yaml"]) == []


def test_an_endpoint_that_comes_from_defaults_is_found_although_one_file_is_linted(
    project: Project, write: Write
) -> None:
    write("one/_defaults", "endpoint: {name: churn}\n")
    write("one/a", VALID.format(name="a").replace("endpoint:\n  name: a\n", "endpoint:\n"))
    later = write("two/b", with_endpoint("b", "churn"))
    (problem,) = lint(project, "local", [later])
    assert problem.message == "the endpoint 'churn' is also that of pipelines/one/a.yaml"


def test_a_file_with_a_mistake_takes_no_endpoint(project: Project, write: Write) -> None:
    write("a", with_endpoint("a", "churn") + "retires: 3\n")
    write("b/a", with_endpoint("a", "churn"))  # not the first of its name
    write("c", "endpoint: {name: churn")
    later = write("d", with_endpoint("d", "churn"))
    assert lint(project, "local", [later]) == []


def test_only_files_that_may_have_the_endpoint_are_judged_besides(
    project: Project, write: Write
) -> None:
    for name in ("a", "a-churn", "churn-a", "churn2"):
        write(name, VALID.format(name=name))
    mentions = write("b", with_endpoint("b", "other") + "# not churn\n")
    later = write("z", with_endpoint("z", "churn"))
    environment, _ = load_environment(project, "local")
    assert environment is not None
    judged = []

    def judge(file: Path) -> Verdict:
        judged.append(file)
        return judge_file(project, environment, file)

    verdict = Uniqueness(project, judge).checked(judge_file(project, environment, later))
    assert verdict.pipeline is not None
    assert judged == [mentions]


def test_a_name_that_only_one_environment_gives_twice_is_said_of_that_environment(
    project: Project, write: Write
) -> None:
    write("a", with_endpoint("a", "${{ env.name }}-churn"))
    write("b", with_endpoint("b", "prod-churn"))
    assert lint(project, "dev") == []
    (problem,) = lint(project, "all")
    assert problem.message.endswith("; only in environment 'prod'")


def test_a_file_outside_of_the_project_is_not_read_and_takes_no_name_of_it(
    project: Project, write: Write, tmp_path: Path
) -> None:
    write("a", VALID.format(name="a"))
    outside = tmp_path / "a.yaml"
    outside.write_text(VALID.format(name="a"))
    assert {each.rule for each in lint(project, "local", [outside])} == {"unreadable-file"}
