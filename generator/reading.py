"""One file of the project, read with care, and what is wrong with its text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.lines import Lines
from generator.problem import Problem
from generator.project import Project
from generator.project_file import UnreadableError
from generator.text_checks import check, read_secret
from generator.text_checks.flaw import Flaw
from generator.text_checks.read_secret import may_differ
from generator.text_checks.secrecy import RULE, Secret
from generator.yaml_file.document import Document, decode, read


@dataclass(frozen=True)
class Reading:
    """A file's document, None where there is none, its problems so far, and secrets in it."""

    document: Document | None
    problems: tuple[Problem, ...]
    secrets: tuple[Secret, ...] = ()


def read_file(project: Project, path: Path) -> Reading:
    """Read one YAML file of the project; whatever is wrong with it is a Problem."""
    file = project.shown(path)
    try:
        text = decode(project.read_bytes(path), file)
    except UnreadableError as error:
        message = f"the file cannot be read: {error}"
        return Reading(None, (Problem(file, 1, 1, "", "unreadable-file", message, error.hint),))
    return Reading(None, (text,)) if isinstance(text, Problem) else _read_text(text, file)


def closed_folder(project: Project, path: Path) -> Problem:
    """Say that the pipelines in a folder are not read, because nobody would miss them."""
    reason, hint = "you may not open it", "check its permissions"
    if path.is_symlink():
        reason, hint = "it is a link", "put the folder itself into the project"
    message = f"the pipelines in this folder are not read: {reason}"
    return Problem(project.shown(path), 1, 1, "", "unreadable-file", message, hint)


def _read_text(text: str, file: str) -> Reading:
    document = read(text, file)
    problems = [document] if isinstance(document, Problem) else []
    found = document if isinstance(document, Document) else None
    flaws = check(text)
    hidden = list(read_secret.check(found.scalars())) if found and may_differ(text) else []
    places = Lines(text) if flaws or hidden else Lines("")
    secrets = []
    for flaw in (*flaws, *hidden):
        problem, last_line = _placed(flaw, places, file)
        if flaw.rule == RULE:
            secrets.append(Secret(flaw.secret or text[flaw.start : flaw.end], problem, last_line))
        if not flaw.secret or not any(map(flaw.overlaps, flaws)):
            problems.append(problem)
    return Reading(found, tuple(problems), tuple(secrets))


def _placed(flaw: Flaw, places: Lines, file: str) -> tuple[Problem, int]:
    """Return a flaw as a problem, and the last line that it is on."""
    line, column = places.place(flaw.start)
    last_line, last_column = places.place(flaw.end - 1)
    end = last_column + 1 if last_line == line else column + 1
    problem = Problem(file, line, column, "", flaw.rule, flaw.message, flaw.hint, end_column=end)
    return problem, last_line
