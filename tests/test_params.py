"""Parameters that are declared and parameters that are read are the same ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.compiler import lint
from generator.project import Project

Write = Callable[[str, str], Path]

HEAD = "schema_version: 1\nname: a\nowner: tests\n"
SHARE = "params: {share: {type: number, default: 1}}\n"


def job(value: str) -> str:
    return f"glue:\n  script: clean.py\n  arguments:\n    value: {value}\n"


@pytest.mark.parametrize(
    "value",
    [
        '"{{ params.share }}"',
        "\"{{ params['share'] }}\"",
        '"{{ params }}"',
        '"{{ params[run_id] }}"',
        '"{{ run_id | default(params.share) }}"',
        "s3://${{ env.no_such }}/{{ params.share }}/",
        '"{{ params.share | no_such_filter }}"',
    ],
)
def test_a_parameter_that_may_be_read_is_not_unused(
    project: Project, write: Write, value: str
) -> None:
    write("a", HEAD + SHARE + job(value))
    assert {each.rule for each in lint(project, "local")}.isdisjoint(
        {"param-unused", "param-undeclared"}
    )


def test_a_parameter_of_a_folder_need_not_be_read_by_every_pipeline(
    project: Project, write: Write
) -> None:
    write("_defaults", SHARE)
    write("a", HEAD + job("1"))
    assert lint(project, "local") == []
    write("a", HEAD + job('"{{ params.share }}"'))
    assert lint(project, "local") == []


def test_a_misspelt_parameter_has_one_cure_that_keeps_the_rest(
    project: Project, write: Write
) -> None:
    write("a", HEAD + SHARE + job("s3://${{ env.data_bucket }}/{{ params.shar | lower }}-share/"))
    (problem,) = lint(project, "local")
    assert (problem.rule, problem.level) == ("param-undeclared", "error")
    assert problem.replacement == '"s3://${{ env.data_bucket }}/{{ params.share | lower }}-share/"'


def test_a_mistake_in_params_is_not_an_undeclared_parameter_as_well(
    project: Project, write: Write
) -> None:
    write("a", HEAD + "params: [share]\n" + job('"{{ params.share }}"'))
    assert [each.rule for each in lint(project, "local")] == ["wrong-type"]
    write("a", HEAD + "params: {share: {type: numbr}}\n" + job('"{{ params.share }}"'))
    assert "param-undeclared" not in {each.rule for each in lint(project, "local")}
