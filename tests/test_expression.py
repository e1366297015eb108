"""`${{ }}` looks values up and does nothing else."""

from __future__ import annotations

import pytest

from generator.expressions.expression import ExpressionError, evaluate

SCOPE = {"env": {"name": "prod", "count": 3, "on": True, "nested": {"list": [1, 2]}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ env.name }}", "prod"),
        ("${{env.count}}", 3),
        ("${{ env.on }}", True),
        ("${{ env.nested }}", {"list": [1, 2]}),
        ("${{ env.nested.list[1] }}", 2),
        ("a-${{ env.name | upper }}-${{ env.count }}", "a-PROD-3"),
        ("x${{ env.on }}", "xtrue"),
        ("${{ env.missing | default('d') }}", "d"),
        ("{{ ds }} of ${{ env.name }}", "{{ ds }} of prod"),
    ],
)
def test_a_value_keeps_its_type_and_text_stays_text(text: str, value: object) -> None:
    found = evaluate(text, SCOPE)
    assert found == value
    assert type(found) is type(value)


def test_a_version_in_quotes_never_becomes_a_number() -> None:
    assert evaluate("${{ env.v }}", {"env": {"v": "4.0"}}) == "4.0"


@pytest.mark.parametrize(
    "text",
    [
        "${{ env.missing }}",
        "${{ nothing }}",
        "${{ env.name",
        "${{ }}",
        "${{ 1 + 1 }}",
        "${{ 'a' * 1000000000 }}",
        "${{ range(1000000000) }}",
        "${{ env.__class__ }}",
        "${{ env['__class__'] }}",
        "${{ env.name.format }}",
        "${{ env.items() }}",
        "${{ env.keys }}",
        "${{ cycler.__init__.__globals__ }}",
        "${{ env.name | map('x') }}",
        "${{ env.name if true else 1 }}",
        "text ${{ env.nested }}",
        "${{ '${{ env.name }}' }}",
        "${{ env.name }} ${{ env",
        "${{ env.name | upper(*env) }}",
        "${{ env.name | default(**env) }}",
        "${{ env.name | upper(1, 2, 3) }}",
        "${{ env.x | default(env.__class__) }}",
        "${{ env.x | default(env.items) }}",
        "${{ env | attr('__class__') }}",
        "${{ ''.__class__.__mro__ }}",
        "${{ self }}",
        "${{ env.name[0:1] }}",
        "${{ {} }}",
        "${{ env.name %}{% set a = 1 }}",
        "${{ " + "9" * 190 + "[0] }}",
        "${{ " + "(" * 90 + "env" + ")" * 90 + ".missing }}",
        "${{ env" + ".a" * 200 + " }}",
        "${{ env.name" + " | upper" * 30 + " }}",
        "${{" * 1_000,
    ],
)
def test_untrusted_text_can_only_look_up(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, SCOPE)


def test_a_value_is_inserted_as_data_and_never_evaluated_again() -> None:
    scope = {"env": {"evil": "${{ env.secret }}", "secret": "s"}}
    assert evaluate("x ${{ env.evil }}", scope) == "x ${{ env.secret }}"


def test_a_value_comes_before_the_method_of_its_name() -> None:
    scope = {"env": {"items": 3, "values": {"copy": "c"}}}
    assert evaluate("${{ env.items }}", scope) == 3
    assert evaluate("${{ env.values.copy }}", scope) == "c"


def test_filters_and_lookups_can_stand_in_each_other() -> None:
    text = "${{ env.missing | default(env.nested.list[0]) }}-${{ env['name'] | upper | lower }}"
    assert evaluate(text, SCOPE) == "1-prod"
