"""A mended file differs only in what was wrong: quotes, comments, layout and line ends stay."""

from __future__ import annotations

import pytest

from generator.json_schema.schema import Schema
from generator.problem import Finding, Path, Problem
from generator.yaml_file.document import Document, read
from generator.yaml_file.edit import ChangesMoreError, mend


def problems(content: bytes) -> list[Problem]:
    """Return what the schema has against a file, or why it cannot be read."""
    document = read(content, "a.yaml")
    if isinstance(document, Problem):
        return [document]
    return [document.place(finding) for finding in Schema.named("pipeline").check(document.data)]


def mended(text: str) -> str:
    content, _ = mend(text.encode(), problems(text.encode()))
    return content.decode()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("retires: 2\n", "retries: 2\n"),
        ("'retires': 2\n", "'retries': 2\n"),
        ('"retires" : 2\n', '"retries" : 2\n'),
        ("? retires\n: 2\n", "? retries\n: 2\n"),
        ("{retires: 2, 'ower': x}\n", "{retries: 2, 'owner': x}\n"),
        ("glue: {worker_type: 'G.1', workers: 2.0}", "glue: {worker_type: 'G.1X', workers: 2}"),
        ("glue:\n  worker_type: g.1x # small\n", "glue:\n  worker_type: G.1X # small\n"),
        ('glue: {execution_class: "flex"}\n', 'glue: {execution_class: "FLEX"}\n'),
        ("glue:\n  glue_version: 5.0\n", 'glue:\n  glue_version: "5.0"\n'),
        ("glue:\n  glue_version: 5\n", 'glue:\n  glue_version: "5.0"\n'),
        (
            "training:\n  tags: {cost: 5.10, on: True}\n",
            'training:\n  tags: {cost: "5.10", on: "True"}\n',
        ),
        ('retries: "2"\n', "retries: 2\n"),
        ("retries: 2.0\n", "retries: 2\n"),
        ("max_active_runs: 1e1\n", "max_active_runs: 10\n"),
        ("schema_version: '1'\n", "schema_version: 1\n"),
        ("catchup: 'Yes'   # all of them\n", "catchup: true   # all of them\n"),
        ("catchup: off\n", "catchup: false\n"),
        ('catchup: "true"\n', "catchup: true\n"),
        ("tags: churn\n", "tags: [churn]\n"),
        ("tags: 'a: b'\n", 'tags: ["a: b"]\n'),
        ("glue: {needs: clean}\n", "glue: {needs: [clean]}\n"),
        ("schedule: @daily\n", 'schedule: "@daily"\n'),
        ("schedule: */5 * * * *  # often\n", 'schedule: "*/5 * * * *"  # often\n'),
        (
            "glue:\n  arguments:\n    a: {{ params['b'] }}/\n",
            "glue:\n  arguments:\n    a: \"{{ params['b'] }}/\"\n",
        ),
        (
            'glue:\n  arguments:\n    a: {{ params["b"] }}\n',
            "glue:\n  arguments:\n    a: '{{ params[\"b\"] }}'\n",
        ),
        ("\ufeffretires: 2", "\ufeffretries: 2"),
        (
            "# ü\r\nretires: 2\r\n\r\n\r\nower: 'é' # ö",
            "# ü\r\nretries: 2\r\n\r\n\r\nowner: 'é' # ö",
        ),
        ("description: '😀 \u2028 x'\nretires: 2\n", "description: '😀 \u2028 x'\nretries: 2\n"),
        ("{description: '😀é', retires: 2, ower: x}", "{description: '😀é', retries: 2, owner: x}"),
        (
            "hyperparameters: 1\ntrainnig: {instance_typ: ml.m5.large}\n",
            "hyperparameters: 1\ntraining: {instance_type: ml.m5.large}\n",
        ),
    ],
)
def test_what_has_one_right_answer_is_written_in_its_place(wrong: str, right: str) -> None:
    assert mended(wrong) == right
    assert mended(right) == right


@pytest.mark.parametrize(
    "text",
    [
        "zzz: 2\n",
        "retires: 2\nretries: 3\n",
        "retires: 2\nretris: 3\n",
        "training: {version: 3.2}\n",
        "training: {version: 3.2-1}\n",
        "glue: {worker_type: G.3X}\n",
        "glue: {glue_version: 6.0}\n",
        "glue: {timeout: 60}\n",
        "start_date: 2026\n",
        "retries: '99'\n",
        "retries: '2.5'\n",
        "retries: ${{ env.variables.retries }}\n",
        "retries: '007'\n",
        "catchup: 1\n",
        "tags: a, b\n",
        "schema_version: 2\n",
        "schema_version: '2'\n",
        "retries: >-\n  2\n",
        "description: *nothing\n",
    ],
)
def test_what_could_mean_several_things_is_left_alone(text: str) -> None:
    assert mended(text) == text


def test_one_scalar_that_two_places_share_is_written_once() -> None:
    text = "training: &t {instance_typ: ml.m5.large}\nendpoint: *t\n"
    assert mended(text) == text.replace("instance_typ:", "instance_type:")


def finding(path: Path, replacement: str, at_key: bool = False) -> Finding:
    return Finding(path, "wrong-value", "no", at_key=at_key, replacement=replacement)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x one\nb: *x\n", finding(("b",), "two")),
        ("a: one\nb: two\n", finding(("a",), "one\nc: three")),
        ("{a: one, b: two}\n", finding(("a",), "x, c: y")),
        ("a: one # two\n", finding(("a",), '"one')),
        ("a: 1\nb: 2\n", finding(("a",), "b", at_key=True)),
        ("a: {<<: &m {x: 1}, y: 2}\nb: *m\n", finding(("a", "x"), "3")),
    ],
)
def test_a_file_is_left_alone_when_it_would_say_something_else(text: str, found: Finding) -> None:
    document = read(text, "")
    assert isinstance(document, Document)
    with pytest.raises(ChangesMoreError):
        mend(text.encode(), [document.place(found)])


def test_two_keys_that_are_both_taken_for_a_third_are_left_alone() -> None:
    document = read("a: {sorce: 1, souce: 2, seed: '3'}\n", "")
    assert isinstance(document, Document)
    both = [document.place(finding(("a", name), "source", True)) for name in ("sorce", "souce")]
    other = document.place(finding(("a", "seed"), "3"))
    content, count = mend(document.text.encode(), [*both, other])
    assert (content, count) == (b"a: {sorce: 1, souce: 2, seed: 3}\n", 1)


def test_two_answers_for_one_place_are_none() -> None:
    document = read("a: one\n", "")
    assert isinstance(document, Document)
    both = [document.place(finding(("a",), answer)) for answer in ("two", "three")]
    assert mend(b"a: one\n", both) == (b"a: one\n", 0)
