"""Problems as text and as annotations, and what holds for every format."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from examples import ROOT, VALID
from rich.cells import cell_len

from generator.problem import Problem
from generator.project import Project
from generator.report import FORMATS, render, summary

Write = Callable[[str, str], Path]
Pipelines = Callable[..., subprocess.CompletedProcess[str]]

ODD_NAME = os.fsdecode(b"odd\n\x1b[31m\xff,::100%.yaml")


def problem(line: int, column: int, end_column: int, **fields: object) -> Problem:
    known = {"path": "", "rule": "unknown-key", "message": "no", **fields}
    return Problem("pipelines/x.yaml", line, column, end_column=end_column, **known)  # type: ignore[arg-type]


def source(text: str) -> tuple[str, str]:
    """Return the source line and the line of carets below it, without what stands before."""
    _, shown, carets = text.split("\n")
    margin = shown.index("|") + 2
    assert carets[:margin].strip() == "|"
    return shown[margin:], carets[margin:]


def underlined(text: str) -> str:
    """Return what the carets stand under, by the columns of a terminal."""
    shown, carets = source(text)
    ends = [cell_len(shown[: index + 1]) for index in range(len(shown))]
    first, last = carets.index("^"), len(carets)
    return "".join(
        character for character, end in zip(shown, ends, strict=True) if first < end <= last
    )


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("owner: [客户流失, 流失]", "流失]"),
        ("owner: 🎉🎉 retires", "retires"),
        ("owner: 'é' retires", "retires"),
        ("owner:\t\tretires", "retires"),
        ("owner: \u202e\u200b retires", "retires"),
        ("retires: 客户", "retires"),
    ],
    ids=["Chinese", "emoji", "an accent", "tabs", "invisible", "nothing before"],
)
def test_the_carets_stand_under_the_word(
    project: Project, write: Write, line: str, word: str
) -> None:
    write("x", f"first: 1\n{line}\n")
    start = line.index(word) + 1
    assert underlined(render([problem(2, start, start + len(word))], "text", project)) == word


def test_the_end_of_a_line_can_be_pointed_at(project: Project, write: Write) -> None:
    write("x", "name: [\n")
    assert source(render([problem(1, 8, 9)], "text", project)) == ("name: [", "       ^")


@pytest.mark.parametrize("filler", ["x", "客"], ids=["narrow", "wide"])
@pytest.mark.parametrize(("before", "after"), [(0, 500), (500, 0), (500, 500), (3, 110), (110, 3)])
def test_a_long_line_is_cut_around_the_caret(
    project: Project, write: Write, filler: str, before: int, after: int
) -> None:
    line = f"{filler * before}retires{filler * after}"
    write("x", line)
    text = render([problem(1, before + 1, before + 8)], "text", project)
    shown, _ = source(text)
    assert underlined(text) == "retires"
    assert all(cell_len(each) <= 120 for each in text.splitlines()[1:])
    assert shown.strip("…") in line
    assert (shown.startswith("…"), shown.endswith("…")) == (before > 3, after > 3)


def test_a_long_value_is_cut_at_its_end(project: Project, write: Write) -> None:
    write("x", f"name: {'a' * 500}\n")
    shown, carets = source(render([problem(1, 7, 507)], "text", project))
    assert shown.startswith("name: aaa")
    assert shown.endswith("aaa…")
    assert len(shown) == len(carets) == 120 - len("  1 | ")


@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=["Windows", "old Mac"])
def test_lines_end_where_they_do_for_the_parser(
    pipelines: Pipelines, write: Write, end: str
) -> None:
    text = VALID.format(name="x") + "retires: 3\n"
    write("x", "").write_bytes(text.replace("\n", end).encode())
    said = pipelines("lint").stdout
    assert "pipelines/x.yaml:16:1: 'retires' is not a key" in said
    assert "\n  16 | retires: 3\n     | ^^^^^^^\n" in said


def test_a_character_that_ends_no_line_in_an_editor_moves_nothing(
    project: Project, write: Write
) -> None:
    write("x", "a: 1 # \x1c \x0c \u2028\nretires: 3\n")
    assert source(render([problem(2, 1, 8)], "text", project)) == ("retires: 3", "^^^^^^^")


def test_nothing_is_shown_of_a_file_outside_that_a_link_leads_to(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("hunter2\n")
    (project.pipelines / "x.yaml").symlink_to(tmp_path / "outside")
    assert render([problem(1, 1, 8)], "text", project) == "pipelines/x.yaml:1:1: no [unknown-key]"


def test_the_summary_counts_levels_and_files() -> None:
    found = [problem(1, 1, 2), problem(2, 1, 2), problem(3, 1, 2, level="warning")]
    assert summary(found, 4) == "4 pipelines, 2 errors, 1 warning in 1 file"
    assert summary(found[2:], 1) == "1 pipeline, 1 warning in 1 file"
    assert summary([], 0) == "0 pipelines, no problems"


@pytest.mark.parametrize("form", [*FORMATS, "terminal"])
def test_no_format_shows_a_line_with_a_secret_in_it(
    project: Project, write: Write, form: str
) -> None:
    file = write("x", "{password: hunter2, retires: 3, owner: me}\nname: x\n")
    found = [
        problem(1, 12, 19, rule="secret"),
        problem(1, 21, 28),
        problem(1, 33, 38, level="warning"),
        problem(2, 1, 5),
    ]
    text = render(found, form, project, [file])
    assert "hunter2" not in text
    for each in found:
        assert each.rule in text
    assert form not in ("text", "junit") or "  2 | name: x\n    | ^^^^" in text


def test_github_gets_its_own_characters_escaped(project: Project) -> None:
    found = Problem("a,b:100%.yaml", 2, 3, "", "yaml", "50% of: a, b", end_column=9)
    assert render([found], "github", project) == (
        "::error file=a%2Cb%3A100%25.yaml,line=2,col=3,endColumn=9,title=yaml::50%25 of: a, b"
    )


def test_github_gets_warnings_as_warnings(project: Project) -> None:
    found = problem(2, 3, 0, level="warning")
    assert render([found], "github", project) == (
        "::warning file=pipelines/x.yaml,line=2,col=3,title=unknown-key::no"
    )


@pytest.mark.parametrize("form", ["json", "github", "sarif", "junit"])
def test_a_format_for_machines_prints_nothing_else(
    pipelines: Pipelines, write: Write, form: str
) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    write("good", VALID.format(name="good"))
    both = pipelines("lint", "--format", form)
    good = pipelines("lint", "--format", form, "pipelines/good.yaml")
    assert (both.returncode, good.returncode) == (1, 0)
    assert both.stderr == good.stderr == ""
    for said in (both.stdout, good.stdout):
        parse(said, form)
        assert "2 pipelines, 1 error in 1 file" not in said
        assert "1 pipeline, no problems" not in said


def parse(text: str, form: str) -> None:
    """Read all of the output as what it should be; raises where it is not."""
    if form in ("json", "sarif"):
        json.loads(text)
    elif form == "junit":
        ElementTree.fromstring(text.encode())
    elif form == "github":
        assert all(line.startswith(("::error ", "::warning ")) for line in text.splitlines())


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_files_give_the_same_bytes(pipelines: Pipelines, write: Write, form: str) -> None:
    write("b", "a: 1\nb: 2\nglue: {}\n")
    write("a", "retires: 3\nownr: me\n")
    outputs = {
        pipelines("lint", "--format", form, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


AS_IT_WAS = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("form", "variables"),
    [
        ("text", {"LC_ALL": "C"}),
        ("text", {"PYTHONIOENCODING": "ascii"}),
        ("text", {"PYTHONIOENCODING": "latin-1"}),
        ("text", {"PYTHONIOENCODING": "utf-8"}),
        ("text", {"PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1"}),
        *((form, AS_IT_WAS) for form in FORMATS),
    ],
)
def test_no_name_no_text_and_no_encoding_makes_it_fail(
    project: Project, form: str, variables: dict[str, str]
) -> None:
    (project.pipelines / ODD_NAME).write_text(f"客户🎉: '{'é' * 300}'\n", "utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "generator", "lint", "--format", form],
        cwd=project.root,
        env={**os.environ, **variables},
        capture_output=True,
        timeout=60,
    )
    assert (finished.returncode, finished.stderr) == (1, b"")
    said = finished.stdout.decode(variables.get("PYTHONIOENCODING", "utf-8"))
    parse(said, form)
    assert form != "text" or "\n\x1b[31m" not in said


def test_a_process_that_nobody_watches_does_without_rich(project: Project, write: Write) -> None:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    code = (
        "import sys; from generator.cli import main; code = main(['lint']);"
        "assert not [name for name in sys.modules if name.partition('.')[0] == 'rich'];"
        "sys.exit(code)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, capture_output=True, text=True, timeout=60
    )
    assert (finished.returncode, finished.stderr) == (1, "")


def test_the_readme_tells_what_each_format_is_for() -> None:
    _, _, table = (ROOT / "README.md").read_text("utf-8").partition("| `--format` |")
    rows = table.partition("\n\n")[0].splitlines()[2:]
    assert {row.split("`")[1] for row in rows} == set(FORMATS)
