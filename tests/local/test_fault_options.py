"""The option `--fault`, and what a run says of faults, gates and checks."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from generator.cli import main
from generator.local.aws.faults import CATALOGUE
from generator.local.results import Report
from generator.local.summary import show


def shown(**facts):
    report = Report("churn", "local", "success", 12.3, [], **facts)
    text = io.StringIO()
    show(report, Console(file=text, width=120))
    return [line.strip() for line in text.getvalue().splitlines()]


@pytest.mark.parametrize("command", ["run", "aws"])
def test_help_lists_every_fault(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"\n  {fault.name} " in printed for fault in CATALOGUE)


def test_an_unknown_fault_is_wrong_usage_and_the_others_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", "churn", "--fault", "job-fail"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "there is no fault 'job-fail' (did you mean 'job-fails'?); there are throttling," in said


def test_a_run_shows_what_the_gate_and_the_checks_found():
    lines = shown(
        evaluation={
            "accepted": True,
            "metrics": {"validation:auc": 0.91234},
            "production": {"training_job": "old", "metrics": {"validation:auc": 0.9}},
            "refusals": [],
        },
        verification={"verified": True, "model": "churn-1"},
        smoke_test={"rows": 7, "predictions": [0.5, 0.25, 1, 0, 0.125, 0.75]},
        faults={"throttling glue.GetJob": 3, "throttling s3.GetObject": 2, "job-stops glue.Run": 1},
    )
    assert [" ".join(line.split()) for line in lines if line][1:] == [
        "Judged by validation:auc 0.9123",
        "In production validation:auc 0.9000",
        "Evaluation accepted",
        "Verified it serves churn-1",
        "Smoke test 7 rows: 0.5, 0.25, 1, 0, 0.125, …",
        "Fault throttling: 5 times in 2 operations",
        "Fault job-stops: 1 time in glue.Run",
    ]


def test_a_refused_model_is_shown_with_what_was_skipped():
    lines = shown(
        evaluation={
            "accepted": False,
            "metrics": {"validation:auc": "nan"},
            "production": None,
            "refusals": ["validation:auc is nan, and must be >= 0.85"],
        },
        skipped=["create_model", "deploy"],
    )
    assert [" ".join(line.split()) for line in lines if line][1:] == [
        "Judged by validation:auc nan",
        "Refused validation:auc is nan, and must be >= 0.85",
        "Skipped create_model, deploy",
    ]
