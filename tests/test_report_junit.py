"""Problems as JUnit XML: what Jenkins' schema allows, and which files pass and fail."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from examples import ROOT, VALID
from lxml import etree

from generator.compiler import lint, pipeline_files
from generator.problem import Problem
from generator.project import Project
from generator.report import render

Write = Callable[[str, str], Path]
Pipelines = Callable[..., subprocess.CompletedProcess[str]]

SCHEMA = etree.XMLSchema(etree.parse(ROOT / "tests" / "standards" / "junit-10.xsd"))


def suite_of(text: str) -> etree._Element:
    """Return the one suite of a report that Jenkins' schema has nothing against."""
    suites = etree.fromstring(text.encode())
    SCHEMA.assertValid(suites)
    (suite,) = suites
    assert dict(suites.attrib) == {
        name: suite.get(name) for name in ("tests", "failures", "errors")
    }
    assert int(suite.get("tests")) == len(suite)
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    return suite


def cases_of(text: str) -> dict[str, etree._Element]:
    return {case.get("name"): case for case in suite_of(text)}


def test_the_schema_would_find_a_mistake() -> None:
    suite = "<testsuites><testsuite name='a' tests='1' errors='0'/></testsuites>"
    assert not SCHEMA.validate(etree.fromstring(suite))


def test_a_file_fails_with_all_its_errors_and_the_others_pass(
    pipelines: Pipelines, write: Write
) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\nownr: me\n")
    write("good", VALID.format(name="good"))
    finished = pipelines("lint", "--format", "junit")
    assert finished.returncode == 1
    cases = cases_of(finished.stdout)
    assert list(cases) == ["pipelines/bad.yaml", "pipelines/good.yaml"]
    assert len(cases["pipelines/good.yaml"]) == 0
    (failure,) = cases["pipelines/bad.yaml"]
    assert (failure.get("message"), failure.get("type")) == ("2 errors", "unknown-key")
    assert failure.text + "\n\n1 pipeline, 2 errors in 1 file\n" == (
        pipelines("lint", "pipelines/bad.yaml").stdout
    )


def test_one_error_is_its_own_message(project: Project, write: Write) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    (case,) = suite_of(render(lint(project, "local"), "junit", project))
    assert case[0].get("message") == (
        "'retires' is not a key of a pipeline (did you mean 'retries'?)"
    )


def test_a_warning_fails_nothing_and_is_told(project: Project) -> None:
    found = Problem("pipelines/x.yaml", 1, 1, "", "spot-wait", "no", "", "warning")
    suite = suite_of(render([found], "junit", project))
    assert suite.get("failures") == "0"
    assert suite.findtext("testcase/system-out") == "pipelines/x.yaml:1:1: warning: no [spot-wait]"


def test_a_file_that_is_no_pipeline_is_named_when_something_is_wrong_with_it(
    project: Project, write: Write
) -> None:
    write("team/_defaults", "retires: 3\n")
    file = write("team/good", VALID.format(name="good"))
    cases = cases_of(render(lint(project, "local"), "junit", project, [file]))
    assert [(name, len(case)) for name, case in cases.items()] == [
        ("pipelines/team/_defaults.yaml", 1),
        ("pipelines/team/good.yaml", 0),
    ]
    wrong = cases_of(render(lint(project, "prood"), "junit", project, [file]))
    assert sum(len(case) for case in wrong.values()) == 1


def test_every_golden_case_makes_a_valid_report(project: Project) -> None:
    for case in (ROOT / "tests" / "golden" / "lint").glob("*.yaml"):
        shutil.copyfile(case, project.pipelines / case.name)
    files = pipeline_files(project)
    found = lint(project, "local")
    cases = cases_of(render(found, "junit", project, files))
    assert list(cases) == sorted(project.shown(file) for file in files)
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {problem.file for problem in found if problem.level == "error"}


@pytest.mark.parametrize("character", ["\x7f", "\x1b", "\ufffe", "\udc80", "\n", "客"])
def test_whatever_a_file_is_called_and_holds_the_report_is_xml(
    project: Project, character: str
) -> None:
    file = project.pipelines / f'a{character}]]><&>".yaml'
    file.write_bytes(f"retires: '{character}]]>&amp;'\n".encode("utf-8", "replace"))
    found = lint(project, "local", [file])
    (case,) = suite_of(render(found, "junit", project, [file]))
    assert case.get("name") == found[0].file
    (failure,) = case
    assert failure.text == render(found, "text", project)
