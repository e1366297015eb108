"""Problems as SARIF: what the standard's schema and GitHub's code scanning ask for."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from examples import ROOT, VALID
from jsonschema import Draft4Validator

from generator.compiler import lint
from generator.problem import Problem
from generator.project import Project
from generator.report import render
from generator.rules.catalogue import catalogue

Write = Callable[[str, str], Path]
Pipelines = Callable[..., subprocess.CompletedProcess[str]]

SCHEMA = json.loads((ROOT / "tests" / "standards" / "sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def complaints(report: Any) -> list[str]:
    """Return what the schema of SARIF 2.1.0 has against a report."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(report)]


def run_of(problems: list[Problem], project: Project) -> dict[str, Any]:
    report = json.loads(render(problems, "sarif", project))
    assert complaints(report) == []
    (run,) = report["runs"]
    return dict(run)


def location(result: dict[str, Any]) -> dict[str, Any]:
    (only,) = result["locations"]
    return dict(only["physicalLocation"])


def file_of(artifact: dict[str, str], run: dict[str, Any]) -> Path:
    """Find a file as a reader does: its address below that of the base it names."""
    base = run["originalUriBaseIds"][artifact["uriBaseId"]]["uri"]
    return Path(unquote(urlsplit(urljoin(base, artifact["uri"])).path))


@pytest.fixture
def golden(project: Project) -> list[Problem]:
    """Every problem of the golden cases, all of them in one project."""
    for case in (ROOT / "tests" / "golden" / "lint").glob("*.yaml"):
        shutil.copyfile(case, project.pipelines / case.name)
    return lint(project, "local")


def test_the_schema_is_the_standards_own() -> None:
    Draft4Validator.check_schema(SCHEMA)
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    assert SCHEMA["properties"]["version"]["enum"] == ["2.1.0"]


def test_the_schema_would_find_a_mistake(golden: list[Problem], project: Project) -> None:
    report = json.loads(render(golden, "sarif", project))
    assert complaints(report) == []
    report["runs"][0]["results"][0]["level"] = "fatal"
    report["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["region"] = {"line": 1}
    report["runs"][0]["tool"]["driver"]["rules"][0].pop("id")
    assert len(complaints(report)) >= 3


def test_a_report_without_problems_is_valid_and_names_every_rule(
    pipelines: Pipelines, write: Write
) -> None:
    write("good", VALID.format(name="good"))
    report = json.loads(pipelines("lint", "--format", "sarif").stdout)
    assert complaints(report) == []
    assert report["$schema"] == SCHEMA["id"]
    assert report["runs"][0]["results"] == []
    driver = report["runs"][0]["tool"]["driver"]
    assert driver["name"] == "pipelines lint"
    assert driver["version"] == metadata.version("airflow-ml-pipelines")
    named = {rule["id"] for rule in driver["rules"]}
    assert named == set(catalogue())


def test_every_problem_is_a_result_in_order_with_its_rule(
    golden: list[Problem], project: Project
) -> None:
    run = run_of(golden, project)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for problem, result in zip(golden, run["results"], strict=True):
        assert result["ruleId"] == rules[result["ruleIndex"]]["id"] == problem.rule
        assert result["level"] == problem.level
        assert result["message"]["text"] == problem.sentence
        region = location(result)["region"]
        assert (region["startLine"], region["startColumn"]) == (problem.line, problem.column)
        assert file_of(location(result)["artifactLocation"], run) == project.root / problem.file


def test_everything_that_github_requires_is_there_and_fits(
    golden: list[Problem], project: Project
) -> None:
    """See the tables in https://docs.github.com/code-security (SARIF support)."""
    run = run_of(golden, project)
    for rule in run["tool"]["driver"]["rules"]:
        for field in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[field]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["partialFingerprints"]
        region = location(result)["region"]
        assert region["startLine"] == region["endLine"] >= 1
        assert 1 <= region["startColumn"] < region["endColumn"]


def test_a_rule_brings_its_manual_page(project: Project) -> None:
    described = {rule["id"]: rule for rule in run_of([], project)["tool"]["driver"]["rules"]}
    for name, rule in catalogue().items():
        assert described[name]["shortDescription"]["text"] == rule.summary
        assert rule.reason in described[name]["help"]["markdown"]
        assert rule.snippet in described[name]["help"]["markdown"]


def test_a_region_is_the_text_that_the_problem_is_about(project: Project, write: Write) -> None:
    write("x", VALID.format(name="x") + "'客户🎉流失': 3\n")
    run = run_of(lint(project, "local"), project)
    (result,) = run["results"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert marked(location(result), run) == "'客户🎉流失'"


def marked(place: dict[str, Any], run: dict[str, Any]) -> str:
    region = place["region"]
    lines = file_of(place["artifactLocation"], run).read_text("utf-8").splitlines()
    return lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]


@pytest.mark.parametrize("name", ["täglich 100%", "a b#c?d", "a:b", "客户"])
def test_the_address_of_a_file_is_one_whatever_its_name(
    project: Project, write: Write, name: str
) -> None:
    write(f"team a/{name}", VALID.format(name="x"))
    run = run_of(lint(project, "local"), project)
    (result,) = run["results"]
    artifact = location(result)["artifactLocation"]
    assert artifact["uriBaseId"] == "SRCROOT"
    assert artifact["uri"].isascii()
    assert artifact["uri"].startswith("pipelines/team%20a/")
    assert file_of(artifact, run).read_text("utf-8") == VALID.format(name="x")


def test_a_file_outside_of_the_project_has_its_whole_address(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "else where.yaml"
    file.write_text("retires: 3\n")
    run = run_of(lint(project, "local", [file]), project)
    artifact = location(run["results"][0])["artifactLocation"]
    assert artifact == {"uri": file.as_uri()}


def test_a_replacement_is_a_fix_that_can_be_applied(project: Project, write: Write) -> None:
    file = write("x", "客户: 1\nretires: 3\n")
    found = Problem(
        "pipelines/x.yaml", 2, 1, "", "unknown-key", "no", end_column=8, replacement="retries"
    )
    run = run_of([found, Problem("pipelines/x.yaml", 1, 1, "", "unknown-key", "no")], project)
    mendable, other = run["results"]
    assert "fixes" not in other
    ((change,),) = [fix["artifactChanges"] for fix in mendable["fixes"]]
    (replacement,) = change["replacements"]
    assert file_of(change["artifactLocation"], run) == file
    place = {**change, "region": replacement["deletedRegion"]}
    assert marked(place, run) == "retires"
    assert replacement["insertedContent"] == {"text": "retries"}


def test_a_problem_keeps_its_fingerprint_when_it_moves(project: Project, write: Write) -> None:
    def fingerprints(text: str) -> list[dict[str, str]]:
        write("x", text)
        results = run_of(lint(project, "local"), project)["results"]
        return [result["partialFingerprints"] for result in results]

    text = VALID.format(name="x") + "retires: 3\nownr: me\n"
    first, second = fingerprints(text)
    assert first != second
    assert fingerprints(f"# a comment\n\n{text}") == [first, second]
