"""Problems as JUnit XML: each file is a test case that passes or fails.

There is no one standard; what is written here is what the schema of Jenkins' xUnit plugin allows
and what GitLab reads (https://docs.gitlab.com/ci/testing/unit_test_reports).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from generator.problem import Problem
from generator.project import Project
from generator.report import text

_Said = tuple[Problem, str]
"""A problem and its text."""


def render(problems: Sequence[Problem], project: Project, files: Sequence[Path]) -> str:
    """Return one suite with a case for every file looked at, and for any other with a problem."""
    found: dict[str, list[_Said]] = {_named(project, file): [] for file in files}
    for said in zip(problems, text.paragraphs(problems, project), strict=True):
        found.setdefault(said[0].file, []).append(said)
    failures = sum(any(each.level == "error" for each, _ in case) for case in found.values())
    counts = {"tests": str(len(found)), "failures": str(failures), "errors": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "pipelines lint", **counts})
    for name in sorted(found):
        attributes = {"classname": "pipelines.lint", "name": name}
        _fill(ElementTree.SubElement(suite, "testcase", attributes), found[name])
    ElementTree.indent(suites)
    # In ASCII, so that it is what its first line says, wherever it is written to.
    return ElementTree.tostring(suites, "us-ascii", xml_declaration=True).decode("ascii")


def _fill(case: ElementTree.Element, found: Sequence[_Said]) -> None:
    errors = [said for said in found if said[0].level == "error"]
    warnings = [said for said in found if said[0].level != "error"]
    if errors:
        first, rules = errors[0][0], sorted({problem.rule for problem, _ in errors})
        message = first.sentence if len(errors) == 1 else f"{len(errors)} errors"
        attributes = {"message": message, "type": ", ".join(rules)}
        _write(ElementTree.SubElement(case, "failure", attributes), errors)
    if warnings:
        _write(ElementTree.SubElement(case, "system-out"), warnings)


def _write(element: ElementTree.Element, found: Sequence[_Said]) -> None:
    element.text = "\n\n".join(paragraph for _, paragraph in found)


def _named(project: Project, file: Path) -> str:
    """Name a file as its problems do, in which every character can be seen."""
    return Problem(project.shown(file), 1, 1, "", "", "").file
