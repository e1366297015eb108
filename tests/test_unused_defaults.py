"""A default that nobody takes is said to be without effect, and no other one is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.compiler import compile_pipeline, lint
from generator.environment import load_environment
from generator.project import Project

Write = Callable[[str, str], Path]

GLUE = "schema_version: 1\nname: {name}\nowner: tests\nglue: {{script: clean.py{more}}}\n"


def unused(project: Project, *paths: Path) -> list[tuple[str, str]]:
    return [
        (each.file.removeprefix("pipelines/"), each.path)
        for each in lint(project, "local", paths)
        if each.rule == "unused-default"
    ]


def test_a_key_is_used_as_soon_as_one_pipeline_takes_it(project: Project, write: Write) -> None:
    write("_defaults", "glue: {workers: 5}\n")
    write("a", GLUE.format(name="a", more=", workers: 2"))
    assert unused(project) == [("_defaults.yaml", "glue.workers")]
    write("team/b", GLUE.format(name="b", more=""))
    assert unused(project) == []


def test_one_job_of_a_list_is_enough_to_use_a_key(project: Project, write: Write) -> None:
    write("_defaults", "glue: {workers: 5}\n")
    jobs = "glue: [{name: x, script: clean.py, workers: 2}, {name: y, script: clean.py}]\n"
    write("a", GLUE.format(name="a", more="").partition("glue")[0] + jobs)
    assert unused(project) == []


def test_a_nearer_default_takes_the_place_of_a_farther_one(project: Project, write: Write) -> None:
    write("_defaults", "retries: 1\ntags: [all]\n")
    write("team/_defaults", "retries: 2\n")
    write("team/a", GLUE.format(name="a", more=""))
    assert unused(project) == [("_defaults.yaml", "retries")]


def test_a_section_that_no_pipeline_has_is_said_once(project: Project, write: Write) -> None:
    write("_defaults", "endpoint: {timeout: 5m, instance_type: ml.m5.large}\n")
    write("a", GLUE.format(name="a", more=""))
    (problem,) = lint(project, "local")
    assert (problem.line, problem.path, problem.level) == (1, "endpoint", "warning")


def test_linting_some_of_the_pipelines_says_nothing_of_the_defaults(
    project: Project, write: Write
) -> None:
    defaults = write("_defaults", "glue: {workers: 5}\n")
    first = write("a", GLUE.format(name="a", more=", workers: 2"))
    write("b", GLUE.format(name="b", more=", workers: 2"))
    assert unused(project, first) == []
    expected = [("_defaults.yaml", "glue.workers")]
    assert unused(project, defaults) == expected
    assert unused(project, project.pipelines) == expected


def test_a_pipeline_that_may_use_a_key_once_it_is_right_keeps_it(
    project: Project, write: Write
) -> None:
    write("_defaults", "endpoint: {timeout: 5m}\n")
    mistyped = write("a", GLUE.format(name="a", more="") + "enpoint: {name: a}\n")
    assert unused(project) == []
    mistyped.write_text("name: [")
    assert unused(project) == []


def test_the_default_of_an_empty_mapping_is_one_key(project: Project, write: Write) -> None:
    write("_defaults", "glue: {tags: {}}\n")
    write("a", GLUE.format(name="a", more=", tags: {team: growth}"))
    assert unused(project) == [("_defaults.yaml", "glue.tags")]


def test_a_configuration_is_the_same_without_its_unused_defaults(
    project: Project, write: Write
) -> None:
    used = "retries: 3\nnotify: {on_failure: '${{ env.alerts_topic_arn }}'}\n"
    spare = "owner: all\ntraining: {volume_gb: 9}\nglue: {workers: 9, tags: {team: a, part: b}}\n"
    defaults = write("_defaults", used + spare)
    file = write("a", GLUE.format(name="a", more=", workers: 2, tags: {team: growth, part: etl}"))
    environment, _ = load_environment(project, "local")
    assert environment is not None
    before, _ = compile_pipeline(project, environment, file)
    assert unused(project) == [
        ("_defaults.yaml", path)
        for path in ("owner", "training", "glue.workers", "glue.tags.team", "glue.tags.part")
    ]
    defaults.write_text(used)
    assert compile_pipeline(project, environment, file)[0] == before
