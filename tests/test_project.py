"""A project's files are found where they are, and nothing that is elsewhere is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.project import MAX_BYTES, Project
from generator.project_file import UnreadableError, is_within


def make(project: Project, *names: str) -> None:
    for name in names:
        file = project.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a: 1\n")


def names(project: Project, within: Path | None = None) -> list[str]:
    return [project.shown(file) for file in project.pipeline_files(within)]


def test_pipelines_are_the_yaml_files_that_are_not_hidden(project: Project) -> None:
    make(project, "pipelines/b.yaml", "pipelines/a.yml", "pipelines/team/c.yaml")
    make(project, "pipelines/_defaults.yaml", "pipelines/.d.yaml", "pipelines/.git/e.yaml")
    make(project, "pipelines/f.YAML", "pipelines/team/g.Yml")
    make(project, "pipelines/notes.md")
    assert names(project) == [
        "pipelines/a.yml",
        "pipelines/b.yaml",
        "pipelines/f.YAML",
        "pipelines/team/c.yaml",
        "pipelines/team/g.Yml",
    ]


def test_the_defaults_of_a_folder_stand_for_all_that_inherit_them(project: Project) -> None:
    make(project, "pipelines/a.yaml", "pipelines/team/_defaults.yaml", "pipelines/team/b.yaml")
    within = project.pipelines / "team" / "_defaults.yaml"
    assert names(project, within) == ["pipelines/team/b.yaml"]
    (file,) = project.pipeline_files(within)
    assert project.defaults_files(file) == [within]


def test_a_linked_folder_is_named_and_not_entered(project: Project) -> None:
    make(project, "shared/a.yaml", "pipelines/b.yaml")
    (project.pipelines / "team").symlink_to(project.root / "shared")
    (project.pipelines / ".hidden").symlink_to(project.root / "shared")
    assert names(project) == ["pipelines/b.yaml"]
    assert list(project.closed_folders()) == [project.pipelines / "team"]
    assert list(project.closed_folders(project.pipelines / "b.yaml")) == []


def test_a_folder_outside_of_the_project_is_not_searched(project: Project) -> None:
    assert list(project.pipeline_files(Path("/"))) == [Path("/")]
    assert list(project.closed_folders(Path("/"))) == []


@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", "a\u202eb"])
def test_a_name_is_shown_in_one_visible_line(project: Project, name: str) -> None:
    shown = project.shown(project.pipelines / name)
    assert shown.isprintable()
    assert shown.startswith("pipelines/a\\")


def test_a_file_may_have_as_many_bytes_as_are_read(project: Project) -> None:
    file = project.pipelines / "a.yaml"
    file.write_bytes(b"#" * MAX_BYTES)
    assert project.read_bytes(file) == b"#" * MAX_BYTES
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(UnreadableError, match="larger than 1,000 kB"):
        project.read_bytes(file)


def test_what_is_not_there_is_said_to_be_so(project: Project) -> None:
    with pytest.raises(UnreadableError, match="No such file"):
        project.read_bytes(project.pipelines / "a.yaml")


@pytest.mark.parametrize(
    ("path", "within"),
    [
        ("a.yaml", True),
        ("", True),
        ("not/there.yaml", True),
        ("../a project/a.yaml", True),
        ("folder/../a.yaml", True),
        ("up/a project/a.yaml", True),
        ("..", False),
        ("../a.yaml", False),
        ("../a project too", False),
        ("folder/../../a.yaml", False),
        ("up", False),
        ("up/a.yaml", False),
        ("loop", True),
    ],
)
def test_a_path_is_within_when_all_links_have_been_followed(
    project: Project, path: str, within: bool
) -> None:
    (project.root / "folder").mkdir()
    (project.root / "up").symlink_to("..")
    (project.root / "loop").symlink_to("loop")
    assert is_within(project.root / path, project.root) is within


def test_a_project_may_be_the_root_of_the_file_system() -> None:
    assert is_within(Path("/etc"), Path("/"))
    assert is_within(Path("/"), Path("/"))


def test_a_file_that_goes_away_leaves_nothing_open(project: Project) -> None:
    make(project, "pipelines/a.yaml")
    before = os.open(os.devnull, os.O_RDONLY)
    os.close(before)
    for _ in range(10):
        project.read_bytes(project.pipelines / "a.yaml")
        for path in (project.pipelines, project.pipelines / "gone.yaml"):
            with pytest.raises(UnreadableError):
                project.read_bytes(path)
    after = os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free
    os.close(after)
    assert after == before
