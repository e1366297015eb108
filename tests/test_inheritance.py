"""`_defaults.yaml` is inherited downwards, and its mistakes are its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from examples import VALID

from generator.compiler import judge_file, lint
from generator.environment import Environment, load_environment
from generator.project import Project
from generator.stages.glue import GlueJob
from generator.stages.training import Training

Write = Callable[[str, str], Path]


def local(project: Project) -> Environment:
    environment, problems = load_environment(project, "local")
    assert environment is not None, problems
    return environment


def test_the_nearest_file_wins_and_the_pipeline_wins_over_both(
    project: Project, write: Write
) -> None:
    write("_defaults", "retries: 1\nmax_active_runs: 2\ntags: [all]\n")
    write("team/_defaults", "retries: 3\nglue: {workers: 7}\ntraining: {volume_gb: 9}\n")
    file = write("team/churn", VALID.format(name="churn") + "tags: [mine]\n")
    pipeline = judge_file(project, local(project), file).pipeline
    assert pipeline is not None
    assert (pipeline.retries, pipeline.max_active_runs, pipeline.tags) == (3, 2, ("mine",))
    assert pipeline.of_kind(GlueJob)[0].workers == 7
    assert pipeline.of_kind(Training)[0].volume_gb == 9


def test_defaults_of_a_stage_do_not_give_a_pipeline_that_stage(
    project: Project, write: Write
) -> None:
    write("_defaults", "training: {volume_gb: 9}\nendpoint: {timeout: 5m}\n")
    file = write("a", "schema_version: 1\nname: a\nowner: o\nglue: [{name: x, script: clean.py}]\n")
    pipeline = judge_file(project, local(project), file).pipeline
    assert pipeline is not None
    assert [stage.SECTION for stage in pipeline.stages] == ["glue"]


def test_a_mistake_in_defaults_is_reported_once_in_the_defaults_file(
    project: Project, write: Write
) -> None:
    write("_defaults", "retires: 1\ntraining: {volume_gb: much}\n")
    write("a", VALID.format(name="a"))
    write("b", VALID.format(name="b"))
    problems = lint(project, "local")
    assert [(each.file, each.line, each.rule) for each in problems] == [
        ("pipelines/_defaults.yaml", 1, "unknown-key"),
        ("pipelines/_defaults.yaml", 2, "wrong-type"),
    ]


def test_a_check_that_fails_for_an_inherited_value_points_into_the_defaults_file(
    project: Project, write: Write
) -> None:
    write("_defaults", "glue:\n  script: gone.py\n")
    write("a", "schema_version: 1\nname: a\nowner: o\nglue: [{name: x}, {name: y}]\n")
    problems = lint(project, "local")
    assert [(each.file, each.line, each.rule) for each in problems] == [
        ("pipelines/_defaults.yaml", 2, "script-missing"),
    ]


def test_linting_a_defaults_file_lints_those_who_inherit_from_it(
    project: Project, write: Write
) -> None:
    defaults = write("team/_defaults", "glue: {workers: 1}\n")
    write("team/a", VALID.format(name="a"))
    write("b", "name: [")
    problems = lint(project, "local", [defaults])
    assert [(each.file, each.rule) for each in problems] == [
        ("pipelines/team/_defaults.yaml", "out-of-range"),
    ]


def test_a_pipeline_cannot_be_a_defaults_file(project: Project, write: Write) -> None:
    write("_defaults", VALID.format(name="defaults"))
    write("a", VALID.format(name="a"))
    assert {each.rule for each in lint(project, "local")} == {"unknown-key"}
