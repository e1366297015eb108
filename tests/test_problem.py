"""Problems and how they are written."""

from generator.problem import PipelineError, Problem, did_you_mean, dotted


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
