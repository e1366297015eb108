"""Problems and how they are written."""

import pytest

from generator.problem import PipelineError, Problem, did_you_mean, dotted, only_match


def test_problems_sort_by_file_line_and_column() -> None:
    first = Problem("a.yaml", 2, 1, "", "r", "m")
    later = Problem("a.yaml", 10, 1, "", "r", "m")
    other = Problem("b.yaml", 1, 1, "", "r", "m")
    assert sorted([other, later, first]) == [first, later, other]


def test_a_problem_reads_as_place_message_hint_and_rule() -> None:
    problem = Problem("a.yaml", 2, 3, "x", "wrong-type", "no", "do this")
    assert str(problem) == "a.yaml:2:3: no (do this) [wrong-type]"


def test_the_exception_lists_every_problem_in_order() -> None:
    error = PipelineError([Problem("b", 1, 1, "", "r", "two"), Problem("a", 1, 1, "", "r", "one")])
    assert str(error).splitlines() == ["a:1:1: one [r]", "b:1:1: two [r]"]


def test_paths_are_written_the_way_people_do() -> None:
    assert dotted(("glue", 0, "script")) == "glue[0].script"
    assert dotted(()) == ""


def test_only_a_near_word_is_suggested() -> None:
    assert did_you_mean("retires", ["retries", "owner"]) == "did you mean 'retries'?"
    assert did_you_mean("zzz", ["retries", "owner"]) == ""


def test_two_words_that_are_as_near_are_both_suggested_and_three_are_not() -> None:
    objectives = ["binary:logistic", "binary:logitraw", "reg:linear"]
    hint = "did you mean 'binary:logistic' or 'binary:logitraw'?"
    assert did_you_mean("binary:logit", objectives) == hint
    assert did_you_mean("G.3X", ["G.1X", "G.2X", "G.4X"]) == ""


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("retires", "retries"),
        ("instanceType", "instance_type"),
        ("max-runtime", "max_runtime"),
        ("FILE", "File"),
        ("G.1", "G.1X"),
        ("3.2_0", "3.2-0"),
    ],
)
def test_a_slip_of_the_pen_means_one_word(word: str, meant: str) -> None:
    known = ["File", "G.1X", "G.2X", "3.2-0", "3.0-5", "retries", "max_runtime", "instance_count"]
    assert only_match(word, [*known, "instance_type"]) == meant


@pytest.mark.parametrize("word", ["instance", "G.3X", "3.2-1", "3.2", "owners", "", "runtime"])
def test_a_word_that_could_mean_something_else_is_no_slip(word: str) -> None:
    known = ["G.1X", "G.2X", "3.2-0", "retries", "max_runtime", "instance_type", "instance_count"]
    assert only_match(word, known) is None


def test_nothing_is_meant_where_nothing_is_known() -> None:
    assert only_match("retries", []) is None
