"""Judging files: everything at once, and nobody suffers for a neighbour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from examples import VALID

from generator import compiler
from generator.compiler import compile_pipeline, judge, lint
from generator.environment import Environment, load_environment
from generator.project import Project, ProjectNotFoundError
from generator.verdict import Verdict

Write = Callable[[str, str], Path]


def test_the_pipelines_of_this_repository_are_clean_in_every_environment(
    repository: Project,
) -> None:
    for environment in repository.environment_names():
        assert lint(repository, environment) == []


def test_a_broken_file_does_not_hide_a_good_one(project: Project, write: Write) -> None:
    write("bad", "name: [")
    write("good", VALID.format(name="good"))
    environment, _ = load_environment(project, "local")
    assert environment is not None
    built = {verdict.file.stem: verdict.pipeline for verdict in judge(project, environment)}
    assert built["bad"] is None
    assert built["good"] is not None


def test_of_two_pipelines_with_one_name_the_second_is_refused(
    project: Project, write: Write
) -> None:
    write("one/churn", VALID.format(name="churn"))
    write("two/churn", VALID.format(name="churn"))
    problems = lint(project, "local")
    assert [(each.file, each.rule) for each in problems] == [
        ("pipelines/two/churn.yaml", "duplicate-name")
    ]
    assert "pipelines/one/churn.yaml" in problems[0].message


def test_a_duplicate_is_found_although_only_one_file_is_linted(
    project: Project, write: Write
) -> None:
    write("one/churn", VALID.format(name="churn"))
    second = write("two/churn", VALID.format(name="churn"))
    assert [each.rule for each in lint(project, "local", [second])] == ["duplicate-name"]


def test_of_two_pipelines_with_one_endpoint_the_second_is_refused_at_its_line(
    project: Project, write: Write
) -> None:
    write("a", VALID.format(name="a"))
    write("b", VALID.format(name="b").replace("endpoint:\n  name: b", "endpoint:\n  name: A"))
    (problem,) = lint(project, "local")
    assert (problem.file, problem.line, problem.rule) == (
        "pipelines/b.yaml",
        14,
        "duplicate-name",
    )
    assert problem.message == "the endpoint 'A' is also that of pipelines/a.yaml"


def test_a_bug_of_ours_costs_only_the_file_that_shows_it(
    project: Project, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("good", VALID.format(name="good"))
    odd = write("odd", VALID.format(name="odd"))
    real = compiler.judge_file

    def judge_file(project: Project, environment: Environment, file: Path) -> Verdict:
        if file == odd:
            raise RecursionError("too deep")
        return real(project, environment, file)

    monkeypatch.setattr(compiler, "judge_file", judge_file)
    (problem,) = lint(project, "local")
    assert (problem.file, problem.rule) == ("pipelines/odd.yaml", "internal-error")


def test_a_path_with_dots_is_the_same_file(project: Project, write: Write) -> None:
    write("a", VALID.format(name="a"))
    roundabout = project.pipelines / ".." / "pipelines" / "a.yaml"
    assert lint(project, "local", [roundabout]) == []


def test_an_unknown_environment_is_a_problem_with_a_suggestion(project: Project) -> None:
    (problem,) = lint(project, "prd")
    assert problem.rule == "unknown-environment"
    assert "prod" in problem.hint


def test_a_broken_environment_is_reported_at_its_line(project: Project) -> None:
    (project.environments / "local.yaml").write_text("region: us-east-1\nbuckets: x\n")
    problems = lint(project, "local")
    assert ("environments/local.yaml", 2, "unknown-key") in {
        (each.file, each.line, each.rule) for each in problems
    }


def test_a_file_that_cannot_be_read_is_a_problem(project: Project) -> None:
    (project.pipelines / "gone.yaml").symlink_to(project.root / "nowhere")
    (problem,) = lint(project, "local")
    assert (problem.rule, problem.file) == ("unreadable-file", "pipelines/gone.yaml")


def test_names_that_start_with_an_underscore_or_dot_are_no_pipelines(
    project: Project, write: Write
) -> None:
    write("_draft", "nonsense: [")
    write(".hidden", "nonsense: [")
    assert lint(project, "local") == []


def test_the_same_file_gives_the_same_configuration(project: Project, write: Write) -> None:
    file = write("churn", VALID.format(name="churn"))
    environment, _ = load_environment(project, "local")
    assert environment is not None
    first, _ = compile_pipeline(project, environment, file)
    assert first == compile_pipeline(project, environment, file)[0]


def test_an_environment_chooses_buckets_network_and_keys(project: Project, write: Write) -> None:
    file = write("churn", VALID.format(name="churn"))
    environment, _ = load_environment(project, "prod")
    assert environment is not None
    configuration, _ = compile_pipeline(project, environment, file)
    assert configuration is not None
    train = configuration["churn"]["tasks"]["train"]["config"]
    assert train["VpcConfig"]["Subnets"] == environment.values["network"]["subnets"]
    assert train["OutputDataConfig"]["KmsKeyId"] == environment.values["kms_key_arn"]
    assert {"Key": "environment", "Value": "prod"} in train["Tags"]


def test_outside_of_a_project_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIPELINES_ROOT", raising=False)
    with pytest.raises(ProjectNotFoundError, match="change into the project"):
        Project.find(tmp_path)
