"""Every rule that the code can report has a manual page that shows it, and no page is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples import ROOT

from generator.manual import index, page, said
from generator.rules.catalogue import catalogue, read

PACKAGE = ROOT / "generator"
PAGES = ROOT / "docs" / "rules"
RULE_ARGUMENT = {"Finding": 1, "Flaw": 2, "Problem": 4}
NOT_SHOWN = {"internal-error", "too-many-problems", "unknown-environment", "unreadable-file"}
"""Rules that no snippet can break."""


def module(name: str) -> ast.Module:
    file = ROOT.joinpath(*name.split("."))
    source = file.with_suffix(".py") if file.with_suffix(".py").exists() else file / "__init__.py"
    return ast.parse(source.read_text("utf-8"))


def constant(name: str, tree: ast.Module) -> str:
    """Return the text that a module-level name stands for, here or where it is imported from."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [name]:
            assert isinstance(node.value, ast.Constant), f"{name} is not a plain text"
            return str(node.value.value)
        if isinstance(node, ast.ImportFrom) and name in [each.name for each in node.names]:
            return constant(name, module(node.module or ""))
    raise AssertionError(f"write the rule's name literally instead of '{name}'")


def reported(file: Path) -> Iterator[str]:
    """Yield the rule of every Finding, Flaw and Problem that a module makes itself."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in RULE_ARGUMENT:
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if set(given) == {None}:  # made anew from what was kept of another
            continue
        rule = given.get("rule") or node.args[RULE_ARGUMENT[ast.unparse(node.func)]]
        if isinstance(rule, ast.Constant):
            if rule.value:  # without one it is only there for its other fields
                yield rule.value
        elif not (isinstance(rule, ast.Attribute) and rule.attr == "rule"):  # that one is a copy
            yield constant(ast.unparse(rule), tree)


def test_every_rule_that_the_code_can_report_has_a_page_and_every_page_a_rule() -> None:
    rules = {rule for file in PACKAGE.rglob("*.py") for rule in reported(file)}
    assert rules == set(catalogue()), (
        "a rule has its page in its module, where generator/rules/catalogue.py collects it, "
        "or stands in generator/rules/language.py"
    )


@pytest.mark.parametrize("name", sorted(set(catalogue()) - NOT_SHOWN))
def test_a_rules_snippet_really_breaks_it(name: str) -> None:
    assert f"[{name}]" in said(catalogue()[name])


@pytest.mark.parametrize("name", catalogue())
def test_the_page_in_the_documentation_is_up_to_date(name: str) -> None:
    assert (PAGES / f"{name}.md").read_text("utf-8") == page(catalogue()[name]), "run `make docs`"


def test_the_list_of_rules_is_up_to_date_and_no_page_is_left_over() -> None:
    assert (PAGES / "README.md").read_text("utf-8") == index(), "run `make docs`"
    assert {file.stem for file in PAGES.iterdir()} == {*catalogue(), "README"}


def test_only_rules_that_no_snippet_can_break_have_none() -> None:
    assert {name for name, rule in catalogue().items() if not rule.snippet} == NOT_SHOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No rule at the start.\n\nBut prose.",
        "`a`: only a sentence.",
        "`a`: a sentence.\n\nA reason.\n\n    a: snippet\n\nand prose after it\n",
    ],
)
def test_a_docstring_of_another_form_is_no_page(text: str) -> None:
    with pytest.raises(ValueError, match="not the page of a rule"):
        read(text)
