"""The tries since a task was last cleared belong together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from generator.operators.attempt import first_try


def context(try_number: int, max_tries: int, retries: int) -> Any:
    task = SimpleNamespace(retries=retries)
    return {"ti": SimpleNamespace(try_number=try_number, max_tries=max_tries, task=task)}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_first_of_a_task_that_was_never_cleared_is_number_one(number: int) -> None:
    assert first_try(context(number, max_tries=2, retries=2)) == 1


@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_task_that_was_cleared_after_its_second_try_begins_anew_at_three(number: int) -> None:
    # Clearing sets max_tries to the tries that there were and the retries on top.
    assert first_try(context(number, max_tries=2 + 2, retries=2)) == 3


def test_a_task_that_was_cleared_while_it_ran_goes_on_with_what_it_had() -> None:
    # Airflow then gives it another try, and leaves max_tries as it is.
    assert first_try(context(2, max_tries=0, retries=0)) == 1


@pytest.mark.parametrize(("retries", "first"), [(5, 1), (0, 3)])
def test_it_stays_within_the_tries_if_the_number_of_retries_has_changed(
    retries: int, first: int
) -> None:
    assert first_try(context(3, max_tries=3, retries=retries)) == first
