"""Task templates: structure from YAML, values from expressions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import UndefinedError

from generator.aws_requests.requests import OPERATORS
from generator.stages import READERS
from generator.template import OMIT, lookups, source, template


def scope(name: Any = "churn") -> dict[str, Any]:
    pipeline = SimpleNamespace(name=name, owner="tests")
    own = {"pipeline": pipeline, "topic_arn": ["a", {"b": OMIT}], "outcome": "failed"}
    env = {"region": "us-east-1"}
    left_out = {"alone": OMIT, "otherwise": OMIT, "gate": OMIT}
    return {**own, **left_out, "env": env, "kind": "FailedTaskNotice"}


def test_a_value_keeps_its_type_and_what_is_in_it_stays_data() -> None:
    filled = template("notice")(scope("${{ x }}: {{ y }}\n- z"))
    assert filled["target_arn"] == ["a", {"b": OMIT}]
    assert filled["subject"] == "Pipeline ${{ x }}: {{ y }}\n- z failed"
    assert filled["message"] == "Pipeline ${{ x }}: {{ y }}\n- z (owner tests) failed."


def test_what_is_omitted_is_left_out() -> None:
    assert "target_arn" not in template("notice")({**scope(), "topic_arn": OMIT})


def test_inside_a_text_a_boolean_is_written_as_yaml_writes_it_and_nothing_is_refused() -> None:
    assert template("notice")(scope(True))["subject"] == "Pipeline true failed"
    for nothing in (None, OMIT):
        with pytest.raises(TypeError, match="inside other text"):
            template("notice")(scope(nothing))


@pytest.mark.parametrize("missing", ["pipeline", "topic_arn", "outcome"])
def test_what_the_scope_lacks_is_an_error_that_names_it(missing: str) -> None:
    given = {key: value for key, value in scope().items() if key != missing}
    with pytest.raises(UndefinedError, match=f"'{missing}' is undefined"):
        template("notice")(given)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${{ job.script }}", ["job.script"]),
        ("s3://${{ env.bucket }}/${{ job.script }}", ["env.bucket", "job.script"]),
        ("${{ a.b or env.c | default(omit) }}", ["a.b", "env.c", "omit"]),
        ("${{ a.f(b) }}-{{ ti.try_number }}", ["a.f", "b"]),
        ("{{ x['Training']['Name'] }}", ["Name", "Training"]),
        ("AllTraffic", []),
    ],
)
def test_a_template_tells_what_it_looks_up(text: str, names: list[str]) -> None:
    assert list(lookups(text)) == names


LOOKING = {"EvaluationOperator", "VerificationOperator", "RetentionOperator"}
"""Operators that send nothing that a pipeline decides."""


@pytest.mark.parametrize("section", READERS)
def test_the_requests_of_every_operator_are_known(section: str) -> None:
    """A new operator gets a line in OPERATORS, or lint would not check what it sends."""
    for task in source(section).values():
        if isinstance(task, dict):
            assert task["operator"].rpartition(".")[2] in OPERATORS.keys() | LOOKING
