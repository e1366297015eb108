"""docs/reliability.md: every fault is there, and every test that it names exists."""

from __future__ import annotations

import re

from examples import ROOT

from generator.local.aws.faults import CATALOGUE

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
TABLE = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]


def test_every_row_names_tests_that_exist() -> None:
    written = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("*.py"))
    existing = set(re.findall(r"^def (test_\w+)\(", written, re.MULTILINE))
    named = [re.findall(r"`(test_\w+)`", row) for row in TABLE]
    assert len(named) > 25
    assert all(named)
    assert {name for names in named for name in names} - existing == set()


def test_every_fault_is_in_the_table() -> None:
    rows = "\n".join(TABLE)
    assert [fault.name for fault in CATALOGUE if f"`{fault.name}`" not in rows] == []
