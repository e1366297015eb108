"""`${{ }}` looks values up and does nothing else."""

from __future__ import annotations

import pytest

from generator.expression import ExpressionError, evaluate

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
    ],
)
def test_untrusted_text_can_only_look_up(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, SCOPE)


def test_a_value_is_inserted_as_data_and_never_evaluated_again() -> None:
    scope = {"env": {"evil": "${{ env.secret }}", "secret": "s"}}
    assert evaluate("x ${{ env.evil }}", scope) == "x ${{ env.secret }}"
