"""What an earlier parse has made is used for the same input only, and harms nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow_world
import pytest
from examples import ROOT, VALID

from generator import cache
from generator.cache import Miss, Slot
from generator.problem import Problem
from generator.project import Project

Write = Callable[[str, str], Path]
MADE = [{"one": {"tasks": {}}}, {"two": {"doc_md": "ü\n"}}]
WRONG = [Problem("pipelines/x.yaml", 3, 1, "endpoint", "type", "it is a list", "write a mapping")]

LOAD_TWICE = """
import json, sys
from pathlib import Path
from generator.dag import load_dags, raise_problems
loader = Path(sys.argv[1])
def loaded():
    dags = {name: dag.doc_md for name, dag in load_dags(loader).items()}
    try:
        raise_problems(loader)
    except Exception as error:
        return [dags, str(error)]
    return [dags, ""]
first = loaded()
compiled = "generator.compiler" in sys.modules
print(json.dumps([first, compiled, loaded()]))
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test alone, for its child processes too."""
    folder = tmp_path / "temporary files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def slot(project: Project) -> Slot:
    """A slot in which something is kept."""
    keep(Slot(project, ["prod"]))
    return Slot(project, ["prod"])


def keep(slot: Slot) -> None:
    with slot.record() as record:
        for made in MADE:
            record.add(made)
        record.finish(WRONG)


def holds(slot: Slot) -> bool:
    try:
        return (list(slot.configurations()), slot.problems()) == (MADE, WRONG)
    except Miss:
        return False


def test_what_was_made_is_found_again(slot: Slot) -> None:
    assert list(slot.configurations()) == MADE
    assert slot.problems() == WRONG
    assert slot.problems()[0].hint == "write a mapping"


def test_another_environment_airflow_or_shard_has_another_slot(
    project: Project, slot: Slot
) -> None:
    assert not holds(Slot(project, ["dev"]))
    assert not holds(Slot(project, ["prod", "3.3.1"]))
    assert holds(slot)


EDITS: dict[str, Callable[[Project], Any]] = {
    "a pipeline": lambda project: (project.pipelines / "a.yaml").write_text("name: b"),
    "a pipeline more": lambda project: (project.pipelines / "z.yaml").write_text(""),
    "a pipeline less": lambda project: (project.pipelines / "a.yaml").unlink(),
    "another name": lambda project: (project.pipelines / "a.yaml").rename(
        project.pipelines / "b.yaml"
    ),
    "defaults": lambda project: (project.pipelines / "_defaults.yaml").write_text("retries: 2"),
    "the environment": lambda project: project.environment_file("prod").write_text("x: 1"),
    "a script": lambda project: (project.glue_scripts / "s.py").write_text("print(2)"),
    "a link": lambda project: (project.pipelines / "link").symlink_to(project.root),
    "a file that is a link now": lambda project: _become_link(project.pipelines / "a.yaml"),
}


def _become_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("/etc/hostname")


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_an_edit_changes_is_not_believed(
    project: Project, edit: Callable[[Project], Any]
) -> None:
    (project.pipelines / "a.yaml").write_text("name: a")
    (project.glue_scripts / "s.py").parent.mkdir(exist_ok=True)
    (project.glue_scripts / "s.py").write_text("print(1)")
    keep(Slot(project, ["prod"]))
    assert holds(Slot(project, ["prod"]))
    edit(project)
    assert not holds(Slot(project, ["prod"]))


def test_another_version_of_a_package_is_not_believed(
    project: Project, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [name.lower().split("-")[0] for name in cache._packages()] == [
        "jinja2",
        "jsonschema",
        "pyyaml",
    ]
    monkeypatch.setattr(cache, "_packages", lambda: ["jinja2-99.dist-info"])
    assert not holds(Slot(project, ["prod"]))


def test_what_was_edited_while_it_was_read_is_not_kept(project: Project) -> None:
    begun = Slot(project, ["prod"])
    (project.pipelines / "a.yaml").write_text("name: a")
    keep(begun)
    assert not holds(begun)
    assert not holds(Slot(project, ["prod"]))


def test_what_is_cut_short_or_changed_is_a_miss(temporary: Path, slot: Slot) -> None:
    (file,) = temporary.glob("*/*.jsonl")
    whole = file.read_bytes()
    for broken in (
        *(whole[:length] for length in range(0, len(whole), 7)),
        whole.replace(b"tasks", b"masks"),
        b"\xff" * 100,
    ):
        file.write_bytes(broken)
        assert not holds(slot), broken
    file.write_bytes(whole)
    assert holds(slot)


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    keep(Slot(project, ["prod"]))
    assert not holds(Slot(project, ["prod"]))


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_may_write_to_is_not_used(
    project: Project, temporary: Path, slot: Slot, mode: int
) -> None:
    (folder,) = temporary.iterdir()
    folder.chmod(mode)
    assert not holds(slot)
    (file,) = folder.iterdir()
    before = file.stat().st_mtime_ns
    keep(slot)
    assert file.stat().st_mtime_ns == before


def test_a_folder_that_is_a_link_is_not_used(project: Project, temporary: Path, slot: Slot) -> None:
    (folder,) = temporary.iterdir()
    folder.rename(temporary / "elsewhere")
    folder.symlink_to(temporary / "elsewhere")
    assert not holds(slot)


def test_slots_of_projects_that_are_gone_are_dropped(project: Project, temporary: Path) -> None:
    keep(Slot(project, ["first"]))
    for number in range(cache._MOST_SLOTS + 5):
        keep(Slot(project, [str(number)]))
    files = list(temporary.glob("*/*"))
    assert cache._MOST_SLOTS <= len(files) <= cache._MOST_SLOTS + 1
    assert not holds(Slot(project, ["first"]))
    assert holds(Slot(project, [str(number)]))


def test_processes_that_write_at_once_do_each_other_no_harm(project: Project) -> None:
    code = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from generator.project import Project
from test_cache import Slot, holds, keep
project = Project(Path(sys.argv[1]))
for _ in range(60):
    keep(Slot(project, ["prod"]))
    assert holds(Slot(project, ["prod"]))
"""
    command = [sys.executable, "-c", code, str(project.root), str(Path(__file__).parent)]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert holds(Slot(project, ["prod"]))


def test_the_loader_sees_every_edit(tmp_path: Path, write: Write, project: Project) -> None:
    """A process for each, as on MWAA: what it imports is new, too."""
    for part in ("generator", "schemas", "dags"):
        shutil.copytree(
            ROOT / part,
            project.root / part,
            ignore=shutil.ignore_patterns("__pycache__"),
            dirs_exist_ok=True,
        )
    home = airflow_world.home(project, tmp_path / "airflow")
    loader = project.root / "dags" / "pipelines.py"

    def load() -> Any:
        return airflow_world.python(home, LOAD_TWICE, str(loader), PYTHONPATH=str(project.root))

    write("one", VALID.format(name="one"))
    (first, said), compiled, second = load()
    assert ([*first], said, compiled, second) == (["one"], "", True, [first, said])
    assert load() == [[first, said], False, [first, said]]
    write("_defaults", "description: Inherited\n")
    (dags, said), compiled, _ = load()
    assert ("Inherited" in dags["one"], said, compiled) == (True, "", True)
    template = project.root / "generator" / "templates" / "dag.yaml"
    template.write_text(template.read_text().replace("Owner:", "It belongs to:"))
    (dags, said), compiled, _ = load()
    assert ("It belongs to:" in dags["one"], said, compiled) == (True, "", True)
    schema = project.root / "schemas" / "pipeline.schema.json"
    written = json.loads(schema.read_text())
    written["required"].append("catchup")
    schema.write_text(json.dumps(written))
    (dags, said), compiled, second = load()
    assert (dags, compiled, second) == ({}, True, [{}, said])
    assert "pipelines/one.yaml" in said
    assert "catchup" in said
    assert load() == [[{}, said], False, [{}, said]]
