"""Problems in a terminal: a real one, as the processes see it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from examples import VALID
from rich.cells import cell_len

from generator.problem import Problem
from generator.project import Project
from generator.report import render, summary

Write = Callable[[str, str], Path]
Pipelines = Callable[..., subprocess.CompletedProcess[str]]

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|9[0-7])m")
RED, YELLOW = "\x1b[1;31m", "\x1b[1;33m"


def in_terminal(
    project: Project, *arguments: str, columns: int = 100, **variables: str
) -> tuple[int, str]:
    """Run `pipelines` in a terminal; return the exit code and what the terminal was sent."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    known = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "CI")}
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", *arguments],
        cwd=project.root,
        env={**known, "TERM": "xterm-256color", **variables},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    said = b""
    while chunk := _read(leader):
        said += chunk
    os.close(leader)
    return process.wait(timeout=60), said.decode().replace("\r\n", "\n")


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # how Linux says that the other side has closed
        return b""


@pytest.fixture
def bad(project: Project, write: Write) -> Project:
    write("bad", VALID.format(name="bad") + "retires: 3\n")
    return project


def test_a_terminal_is_told_the_same_words_in_colour(bad: Project, pipelines: Pipelines) -> None:
    code, said = in_terminal(bad, "lint")
    plain = pipelines("lint").stdout
    assert code == 1
    assert ESCAPE.sub("", said).replace(" error: ", " ") == plain
    assert f"{RED}error: \x1b[0m" in said
    assert f"{RED}retires\x1b[0m: 3" in said
    assert f"{RED}^^^^^^^\x1b[0m" in said
    assert "\x1b[2m [unknown-key]\x1b[0m" in said
    assert f"1 pipeline, {RED}1 error\x1b[0m in 1 file" in said
    assert "\x1b" not in plain


def test_good_files_are_good_in_green(project: Project, write: Write) -> None:
    write("good", VALID.format(name="good"))
    assert in_terminal(project, "lint") == (0, "1 pipeline, \x1b[1;32mno problems\x1b[0m\n")


def test_no_color_takes_the_colours_away_and_a_dumb_terminal_everything(bad: Project) -> None:
    _, without = in_terminal(bad, "lint", NO_COLOR="1")
    _, dumb = in_terminal(bad, "lint", TERM="dumb")
    _, coloured = in_terminal(bad, "lint")
    assert COLOUR.search(coloured)
    assert not COLOUR.search(without)
    assert "\x1b" not in dumb
    assert ESCAPE.sub("", without) == ESCAPE.sub("", coloured) == dumb


def test_force_color_brings_colours_where_there_is_no_terminal(
    bad: Project, pipelines: Pipelines
) -> None:
    forced = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm"}
    assert COLOUR.search(pipelines("lint", env=forced).stdout)
    assert not COLOUR.search(pipelines("lint", env={**forced, "FORCE_COLOR": ""}).stdout)
    assert not COLOUR.search(pipelines("lint", env={**forced, "NO_COLOR": "1"}).stdout)


@pytest.mark.parametrize("form", ["json", "github", "sarif", "junit"])
def test_a_format_for_machines_has_no_colours_in_a_terminal(bad: Project, form: str) -> None:
    _, said = in_terminal(bad, "lint", "--format", form, FORCE_COLOR="1")
    assert "retires" in said
    assert "\x1b" not in said


def test_other_commands_say_in_colour_too_what_is_wrong(bad: Project) -> None:
    code, said = in_terminal(bad, "show", "bad")
    assert code == 1
    assert f"{RED}error: " in said


def test_a_narrow_terminal_gets_paths_in_one_piece_and_a_line_that_fits(
    project: Project, write: Write
) -> None:
    name = "a-name-that-is-longer-than-the-terminal"
    write(f"team/{name}", VALID.format(name=name) + f"retires: {'客户' * 100}\n")
    _, said = in_terminal(project, "lint", columns=40)
    first, shown, carets, *_ = ESCAPE.sub("", said).splitlines()
    assert first.startswith(f"pipelines/team/{name}.yaml:16:1: error: ")
    assert first.endswith("[unknown-key]")
    assert 38 <= cell_len(shown) <= 40
    assert shown.endswith("…")
    assert carets == "     | ^^^^^^^"


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.usefixtures("colours")
def test_a_warning_is_yellow(project: Project, write: Write) -> None:
    write("x", "name: x\n")
    found = Problem("pipelines/x.yaml", 1, 1, "", "spot-wait", "no", "", "warning", end_column=5)
    said = render([found], "terminal", project)
    assert f"{YELLOW}warning: \x1b[0m" in said
    assert f"{YELLOW}name\x1b[0m: x" in said
    assert f"{YELLOW}1 warning\x1b[0m" in summary([found], 1, "terminal")


@pytest.mark.usefixtures("colours")
def test_what_users_write_is_shown_and_never_obeyed(project: Project, write: Write) -> None:
    text = "[red]x[/red] :smile: [link=https://a.example]b[/link] \x1b]0;title\x07 \\[x]"
    write("x", f"name: {text}\n")
    found = Problem(f"pipelines/{text}/x.yaml", 1, 1, "", "yaml", text, text)
    here = Problem("pipelines/x.yaml", 1, 7, "", "yaml", "no", end_column=12)
    said = ESCAPE.sub("", render([found, here], "terminal", project))
    escaped = text.replace("\x1b", "\\x1b").replace("\x07", "\\x07")
    shown = text.replace("\x1b", " ").replace("\x07", " ")
    assert said == (
        f"pipelines/{escaped}/x.yaml:1:1: error: {escaped} ({escaped}) [yaml]\n\n"
        f"pipelines/x.yaml:1:7: error: no [yaml]\n  1 | name: {shown}\n    |       ^^^^^"
    )
