"""No file can hurt: neither by its text, nor by what it only pretends to be.

Every case is linted by the command itself, with little memory and little time on the processor.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import airflow_world
import pytest
import yaml
from examples import ROOT, VALID, leaves

from generator.compiler import lint
from generator.problem import Problem
from generator.project import Project
from generator.report import render
from generator.telling import MOST

X = VALID.format(name="x")
MEMORY = 200_000_000
SECONDS = 100
"""Of processor time: many times what all cases take, and far less than one bomb would."""
LONGEST_REPORT = 100_000
"""Characters that are said of one file."""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # macOS does not keep it
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def said(project: Project, *arguments: str) -> str:
    """Return what `pipelines lint` prints; it has to find a problem, and nothing has to fail."""
    finished = subprocess.run(
        [sys.executable, "-m", "generator", "lint", *arguments],
        cwd=project.root,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limited,
        check=False,
    )
    assert finished.returncode == 1, finished
    assert finished.stderr == ""
    return finished.stdout


def repeated(count: int, line: str) -> str:
    return "".join(line.format(i=i) for i in range(count))


def bomb(link: str) -> str:
    """Return levels of nine aliases each of the level below."""
    return "a0: &a0 {x: 1}\n" + "".join(
        f"a{i}: &a{i} {link.format(nine=', '.join(f'*a{i - 1}' for _ in range(9)), i=i)}\n"
        for i in range(1, 30)
    )


def with_hyperparameters(text: str) -> str:
    return X.replace("    num_round: 10\n", text)


BOMBS = {
    "lists of aliases": bomb("[{nine}]"),
    "merged aliases": bomb("{{<<: [{nine}], y{i}: 1}}"),
    "one big mapping merged often": (
        "a: &a {" + repeated(5_000, "k{i}: {i}, ") + "}\n" + repeated(5_000, "m{i}: {{<<: *a}}\n")
    ),
    "one empty mapping merged often": "a: &a {}\nb: {<<: [" + "*a, " * 200_000 + "]}\n",
    "a list in itself": "a: &a [*a]\n",
    "a mapping merged into itself": "a: &a\n  <<: *a\n",
    "the whole file in itself": "&a\nname: x\nb: *a\n",
    "one long text repeated": f"a: &a {'x' * 500_000}\n" + repeated(9_000, "k{i}: *a\n"),
    "one long expression repeated": (
        f"a: &a '{'${{ env.region }}' * 300}'\ntags: [" + "*a, " * 9_000 + "]\n"
    ),
    "brackets": "a: " + "[" * 900_000,
    "braces": "a: " + "{b: " * 200_000,
    "brackets and braces": "a: " + "[{b: " * 150_000 + "}]" * 150_000,
    "dashes": "- " * 400_000 + "x",
    "question marks": "? " * 400_000 + "x",
    "deeper and deeper": "".join(" " * i + "a:\n" for i in range(1_300)),
    "many small values": "a: [" + "b," * 450_000 + "]",
    "many anchors": repeated(40_000, "a{i}: &a{i} x\n"),
    "many tag directives": repeated(30_000, "%TAG !a{i}! tag:a{i}\n") + "---\na: 1\n",
    "many documents": "---\n" * 200_000,
    "a quote that never ends": 'a: "' + "b\n" * 400_000,
    "a key of a million characters": "? " + "k" * 900_000 + "\n: 1\n",
    "a number of a million digits": X + "retries: " + "9" * 900_000,
    "a name of a million characters": X.replace("name: x", "name: " + "x" * 900_000, 1),
    "an objective of a million characters": X.replace("logistic", "logisti" + "c" * 900_000),
    "a name that backtracks": X.replace("  name: x", "  name: a" + "-" * 900_000),
    "metrics that backtrack": with_hyperparameters(f"    eval_metric: {'auc,' * 200_000}\n"),
    "a duration that never ends": X + "retry_delay: " + "1m" * 400_000,
    "a schedule of a million fields": X + "start_date: 2026-01-05\nschedule: " + "* " * 400_000,
    "templates without end": X.replace("s3://$", "{{ " * 300_000 + "$"),
    "templates in templates": X.replace("s3://$", "{{ " + "(" * 400_000 + "$"),
    "expressions without end": X + "description: '" + "${{" * 300_000 + "'",
    "expressions without name": X + "description: '" + "${{}}" * 150_000 + "'",
    "text that lacks quotes": X + "description: @" + " " * 400_000 + "a # b",
    "dashes that lack quotes": X + "a: " + "-  " * 300 + "@",
    "unknown keys": X + repeated(9_000, "key{i}: {i}\n"),
    "unknown keys like known ones": X + repeated(9_000, "  instance_typ{i}: {i}\n"),
    "hyperparameters like known ones": with_hyperparameters(repeated(9_000, "    eta{i}: 1\n")),
    "metrics": with_hyperparameters("    eval_metric:\n" + repeated(9_000, "    - auc{i}\n")),
    "wrong types": X + "tags:\n" + repeated(18_000, "- {i}\n"),
    "mappings to compare": X + "tags:\n" + repeated(6_000, "- {{a: {i}}}\n"),
    "needed jobs": X.replace("  arguments", "  needs: [" + repeated(9_000, "j{i}, ") + "]\n  a"),
    "empty jobs": "glue:\n" + "- {}\n" * 18_000,
    "unresolved expressions": X + "tags:\n" + repeated(990, "- ${{{{ env.a{i} }}}}\n"),
    "hidden characters": X + "# \u200b\n" * 100_000,
    "nothing but NUL": "\0" * 900_000,
    "secrets": X + repeated(20_000, "# password{i}_password: hunter{i}x\n"),
    "almost secrets": X + "key: 1 # " + "sk-" * 300_000,
    "a megabyte and more": "# " + "x" * 2_000_000,
}


def test_no_text_takes_much_time_or_memory_or_paper(project: Project) -> None:
    # One after the other in one process, because most of the time of one is its start.
    for name, text in BOMBS.items():
        (project.pipelines / f"{name.replace(' ', '-')}.yaml").write_text(text, "utf-8")
    found = json.loads(said(project, "--format", "json"))
    files = {problem["file"] for problem in found}
    assert files == {f"pipelines/{name.replace(' ', '-')}.yaml" for name in BOMBS}
    for file in files:
        shown = render([Problem(**each) for each in found if each["file"] == file], "text", project)
        assert len(shown) < LONGEST_REPORT, file


@pytest.mark.parametrize("name", ["lists of aliases", "unknown keys", "brackets", "secrets"])
@pytest.mark.parametrize("file", ["pipelines/_defaults.yaml", "environments/local.yaml"])
def test_no_other_file_does_either(project: Project, file: str, name: str) -> None:
    (project.pipelines / "x.yaml").write_text(X)
    (project.root / file).write_text(BOMBS[name], "utf-8")
    assert said(project).startswith(file)


def outside(project: Project) -> Path:
    """Make a folder beside the project whose files hold what nobody may see."""
    folder = project.root.parent / "outside"
    folder.mkdir()
    for name in ("x.yaml", "script.py"):
        (folder / name).write_text("key: = TOP-SECRET = = 1\n")
    return folder


def link_out(project: Project, file: str) -> None:
    place = project.root / file
    place.unlink(missing_ok=True)
    place.symlink_to(outside(project) / "x.yaml")


@pytest.mark.parametrize(
    "file", ["pipelines/x.yaml", "pipelines/_defaults.yaml", "environments/local.yaml"]
)
def test_a_link_out_of_the_project_is_not_followed(project: Project, file: str) -> None:
    (project.pipelines / "x.yaml").write_text(X)
    link_out(project, file)
    assert said(project) == (
        f"{file}:1:1: the file cannot be read: it is a link that leads out of the project "
        "(put the file itself into the project) [unreadable-file]\n\n"
        "1 pipeline, 1 error in 1 file\n"
    )


@pytest.mark.parametrize("folder", ["pipelines", "environments"])
def test_neither_is_a_whole_folder_that_is_elsewhere(project: Project, folder: str) -> None:
    elsewhere = project.root.parent / "outside"
    (project.pipelines / "x.yaml").write_text(X)
    (project.root / folder).rename(elsewhere)
    (project.root / folder).symlink_to(elsewhere)
    assert "leads out of the project" in said(project)


@pytest.mark.parametrize("script", ["linked.py", "folder/script.py"])
def test_a_script_outside_of_the_project_is_not_looked_into(project: Project, script: str) -> None:
    folder = outside(project)
    (project.glue_scripts / "linked.py").symlink_to(folder / "script.py")
    (project.glue_scripts / "folder").symlink_to(folder)
    (project.pipelines / "x.yaml").write_text(X.replace("clean.py", script))
    (problem,) = lint(project, "local")
    assert problem.rule == "script-missing"
    assert problem.message == f"the script '{script}' is a link that leads out of the project"


def test_a_linked_folder_is_reported_and_not_entered(project: Project) -> None:
    shared = project.root / "shared"
    shared.mkdir()
    (shared / "x.yaml").write_text("name: [")
    (project.pipelines / "team").symlink_to(shared)
    (project.pipelines / "again").symlink_to(project.pipelines)
    assert [(each.file, each.rule) for each in lint(project, "local")] == [
        ("pipelines/again", "unreadable-file"),
        ("pipelines/team", "unreadable-file"),
    ]


def test_a_link_within_the_project_is_as_good_as_the_file(project: Project) -> None:
    shared = project.root / "shared"
    shared.mkdir()
    (shared / "x.yaml").write_text(X)
    (project.pipelines / "x.yaml").symlink_to("../shared/x.yaml")
    assert lint(project, "local") == []


def test_the_project_itself_may_be_reached_through_a_link(project: Project) -> None:
    (project.pipelines / "x.yaml").write_text(X)
    here = project.root.parent / "here"
    here.symlink_to(project.root)
    assert lint(Project(here), "local") == []
    assert lint(Project(here), "local", [here / "pipelines" / "x.yaml"]) == []


def make_pipe(file: Path) -> None:
    os.mkfifo(file)


def make_socket(file: Path) -> None:
    # A name of a socket has at most about 100 characters.
    os.chdir(file.parent)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(file.name)


def make_loop(file: Path) -> None:
    file.symlink_to(file.name)


def make_dangling_link(file: Path) -> None:
    file.symlink_to("nowhere")


def make_endless_file(file: Path) -> None:
    file.symlink_to("/dev/zero")


def make_huge_file(file: Path) -> None:
    with file.open("wb") as opened:
        opened.write(b"password: TOP-SECRET\n")
        opened.truncate(50_000_000_000)


@pytest.mark.parametrize(
    "make",
    [make_pipe, make_socket, make_loop, make_dangling_link, make_endless_file, make_huge_file],
)
@pytest.mark.parametrize(
    "file", ["pipelines/x.yaml", "pipelines/_defaults.yaml", "environments/local.yaml"]
)
def test_what_is_no_ordinary_file_is_a_problem_and_no_hang(
    project: Project, make: Callable[[Path], None], file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    (project.pipelines / "x.yaml").write_text(X)
    (project.root / file).unlink(missing_ok=True)
    make(project.root / file)
    for arguments in ((), (file,)):
        text = said(project, *arguments)
        assert text.startswith(f"{file}:1:1: the file cannot be read: ")
        assert "TOP-SECRET" not in text


def test_a_pipe_is_no_script(project: Project) -> None:
    make_pipe(project.glue_scripts / "pipe.py")
    (project.pipelines / "x.yaml").write_text(X.replace("clean.py", "pipe.py"))
    assert "there is no script 'pipe.py' in glue_scripts/ (" in said(project)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize(
    ("locked", "place"),
    [
        ("pipelines/x.yaml", "pipelines/x.yaml:1:1"),
        ("pipelines/team", "pipelines/team:1:1"),
        ("pipelines", "pipelines:1:1"),
        ("environments/local.yaml", "environments/local.yaml:1:1"),
        ("environments", "environments/local.yaml:1:1"),
        ("glue_scripts", "pipelines/x.yaml:5:11"),
    ],
)
def test_what_may_not_be_read_is_a_problem(project: Project, locked: str, place: str) -> None:
    (project.pipelines / "team").mkdir()
    (project.pipelines / "x.yaml").write_text(X)
    (project.root / locked).chmod(0)
    try:
        assert said(project).startswith(f"{place}: ")
    finally:
        (project.root / locked).chmod(0o700)


@pytest.mark.parametrize(
    "path", ["../outside/x.yaml", "../outside", "/", "pipelines/../../outside"]
)
def test_paths_outside_of_the_project_are_not_read(project: Project, path: str) -> None:
    outside(project)
    text = said(project, path)
    assert "it is outside of the project (move it into the project) [unreadable-file]" in text
    assert "TOP-SECRET" not in text


def test_dots_in_a_path_make_no_second_file_of_one(project: Project) -> None:
    (project.pipelines / "x.yaml").write_text("name: [")
    text = said(project, "pipelines/../pipelines/x.yaml", "./pipelines/x.yaml", "pipelines")
    assert text.endswith("1 pipeline, 1 error in 1 file\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\n::error::b.yaml", r"pipelines/a\n::error::b.yaml:2:7: "),
        (b"a\xffb.yaml", r"pipelines/a\udcffb.yaml:2:7: "),
        (b"a\x1b[31mb.yaml", r"pipelines/a\x1b[31mb.yaml:2:7: "),
        ("a\u202eb.yaml".encode(), r"pipelines/a\u202eb.yaml:2:7: "),
        (b"a 'b\" $(c).yaml", r"""pipelines/a 'b" $(c).yaml:2:7: """),
        (b"a" * 250 + b".yaml", "pipelines/" + "a" * 250 + ".yaml:2:7: "),
    ],
)
def test_the_name_of_a_file_is_shown_and_never_obeyed(
    project: Project, name: bytes, shown: str
) -> None:
    try:
        Path(os.fsdecode(bytes(project.pipelines) + b"/" + name)).write_text(X)
    except OSError:
        pytest.skip("this file system has no such names")
    text = said(project)
    assert text.startswith(shown)
    assert text.count(" [") == 1
    for form in ("json", "github", "sarif", "junit"):
        said(project, "--format", form)


def test_of_very_many_problems_the_first_are_told_and_how_many_there_are(project: Project) -> None:
    (project.pipelines / "x.yaml").write_text(X + repeated(MOST + 20, "key{i:03}: 1\n"))
    *listed, last = lint(project, "local")
    assert len(listed) == MOST
    assert {each.rule for each in listed} == {"unknown-key"}
    assert (last.rule, last.line) == ("too-many-problems", listed[-1].line + 1)
    assert "20 more problems" in last.message


def test_a_text_that_nobody_can_show_is_still_one_line() -> None:
    found = Problem("f", 1, 1, "", "r", "a\nb\x1b\u202e\ud800" + "c" * 5_000, "d\r\ne\0")
    assert found.message.startswith(r"a b\x1b\u202e\ud800c")
    assert found.hint == r"d  e\x00"
    assert len(str(found)) < 1_200


LOAD = """
import json, os, runpy
from pathlib import Path
from generator.problem import PipelineError
folder = Path(os.environ["PIPELINES_ROOT"]) / "dags"
runpy.run_path(str(folder / "pipelines.py"))
try:
    runpy.run_path(str(folder / "pipeline_errors.py"))
except PipelineError as error:
    print(json.dumps(str(error)))
"""


def test_the_loader_says_no_more_than_lint(project: Project, tmp_path: Path) -> None:
    link_out(project, "pipelines/linked.yaml")
    (project.pipelines / "bomb.yaml").write_text(BOMBS["merged aliases"])
    (project.pipelines / "s.yaml").write_text("password: TOP-SECRET\nretries: {a: TOP-SECRET}\n")
    home = airflow_world.home(project, tmp_path / "airflow")
    raised = airflow_world.python(home, LOAD)
    assert raised == "\n".join(map(str, lint(project, "local")))
    assert "TOP-SECRET" not in raised


EVERY_KEY = yaml.safe_load((ROOT / "tests/golden/lint/valid-every-key.yaml").read_text("utf-8"))


@pytest.mark.parametrize("path", list(leaves(EVERY_KEY)), ids=lambda path: ".".join(map(str, path)))
def test_no_value_reads_airflows_connections_or_runs_its_jinja(
    project: Project, path: tuple[str | int, ...]
) -> None:
    data = yaml.safe_load(yaml.safe_dump(EVERY_KEY))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "{{ conn.aws_default.password }}"
    (project.pipelines / "valid-every-key.yaml").write_text(yaml.safe_dump(data))
    problems = lint(project, "local")
    assert any(each.level == "error" for each in problems), render(problems, "text", project)


@pytest.mark.parametrize(
    "value", ["../x", "a/../../x", "/etc/x", "~/x", "$(touch x)", "a;b", "a b", "a\\b", "s3://a/b"]
)
@pytest.mark.parametrize(
    "line", ["name: x\n", "  script: clean.py\n", "  name: x\n", "  instance_type: ml.m5.large\n"]
)
def test_no_name_leads_out_of_the_project_or_into_a_shell(
    project: Project, line: str, value: str
) -> None:
    key, _, _ = line.rpartition(" ")
    end = ".py" if "script" in line else ""
    text = X.replace(line, f"{key} '{value}{end}'\n", 1)
    assert text != X
    (project.pipelines / "x.yaml").write_text(text)
    assert any(each.level == "error" for each in lint(project, "local"))


def test_nothing_here_starts_a_shell() -> None:
    sources = {file: file.read_text("utf-8") for file in (ROOT / "generator").rglob("*.py")}
    for words in ("shell=True", "os.system", "os.popen", "getoutput"):
        assert [str(file) for file, source in sources.items() if words in source] == []


def test_an_environment_can_be_inserted_a_thousand_times_because_it_is_small(
    project: Project,
) -> None:
    file = project.environments / "local.yaml"
    long = {f"v{i}": "x" * 2_000 for i in range(100)}
    file.write_text(file.read_text() + yaml.safe_dump({"variables": long}))
    often = "    a: '" + "${{env.variables.v1}}" * 200 + "'\n"
    whole = "- ${{ env.variables }}\n" * 600
    text = X.replace("  arguments:\n", "  arguments:\n" + often) + "tags:\n" + whole
    (project.pipelines / "x.yaml").write_text(text)
    assert "more problems" in said(project)
    file.write_text(file.read_text().replace("v0: x", "v0: xx"))
    assert "must have at most 2000 characters" in said(project)
