"""What goes to S3: dags folder, requirements and startup script of MWAA, and the Glue scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.deployment.requirements import requirements, startup
from generator.environment import Environment
from generator.project import Project, schemas_folder
from generator.project_file import UnreadableError

Files = dict[str, bytes]
"""Content by key."""

PACKAGE = "generator"
SCRIPTS = "glue_scripts"
DAGS = "dags"

_NOT_ON_MWAA = ("deployment", "local")
"""Packages that only a laptop uses; what they import is not in MWAA's image."""
_OF_PACKAGE = (".py", ".json", ".yaml")
_IGNORED_FOLDERS = (PACKAGE, SCRIPTS)


class IncompleteProjectError(Exception):
    """Something that a bundle needs is missing or unreadable; the text says what."""


@dataclass(frozen=True)
class Bundle:
    """The objects for MWAA's bucket and for the artifacts bucket, by key."""

    mwaa: Files
    artifacts: Files


def assemble(project: Project, environment: Environment, plugins: bytes | None = None) -> Bundle:
    """Return what a sound project becomes on MWAA; the same bytes for the same files.

    ``plugins`` is a plugins.zip that holds the packages. Raises IncompleteProjectError.
    """
    scripts = {f"{SCRIPTS}/{name}": content for name, content in _scripts(project)}
    name = environment.name
    dags = {
        ".airflowignore": airflowignore(environment.airflow.major).encode(),
        **dict(_loaders(project)),
        **dict(_package()),
        **dict(_schemas()),
        **dict(_pipelines(project)),
        # Only its own: MWAA has no business with another account's roles.
        f"environments/{name}.yaml": _read(project, project.environment_file(name)),
        **scripts,
    }
    mwaa = {f"{DAGS}/{key}": content for key, content in sorted(dags.items())}
    mwaa["requirements.txt"] = requirements(offline=plugins is not None).encode()
    mwaa["startup.sh"] = startup(name).encode()
    if plugins is not None:
        mwaa["plugins.zip"] = plugins
    return Bundle(mwaa, scripts)


def airflowignore(major: int) -> str:
    """Return the `.airflowignore` that leaves only the loaders to be parsed.

    Airflow 2 reads regular expressions, Airflow 3 patterns like those of git:
    https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#airflowignore
    """
    form = "^{}(/|$)" if major < 3 else "/{}/"
    return "".join(f"{form.format(folder)}\n" for folder in _IGNORED_FOLDERS)


def _loaders(project: Project) -> Iterator[tuple[str, bytes]]:
    """Yield the Python files of `dags/`: the loaders, and what somebody has written beside them."""
    files = sorted(project.dags.glob("*.py"))
    if not files:
        message = "dags/ holds no loaders (pipelines.py and pipeline_errors.py); restore them"
        raise IncompleteProjectError(message)
    for file in files:
        yield file.name, _read(project, file)


def _package() -> Iterator[tuple[str, bytes]]:
    package = Path(__file__).resolve().parents[1]
    for file in sorted(package.rglob("*")):
        inside = file.relative_to(package)
        # A wheel has the schemas inside the package; on MWAA they are beside it.
        if file.suffix in _OF_PACKAGE and inside.parts[0] not in (*_NOT_ON_MWAA, "schemas"):
            yield f"{PACKAGE}/{inside.as_posix()}", file.read_bytes()


def _schemas() -> Iterator[tuple[str, bytes]]:
    folder = schemas_folder()
    for file in sorted(folder.rglob("*.schema.json")):
        yield f"schemas/{file.relative_to(folder).as_posix()}", file.read_bytes()


def _pipelines(project: Project) -> Iterator[tuple[str, bytes]]:
    """Yield each pipeline file, and each `_defaults.yaml` that one inherits."""
    files = set(project.pipeline_files())
    files |= {defaults for file in files for defaults in project.defaults_files(file)}
    for file in sorted(files):
        yield f"pipelines/{file.relative_to(project.pipelines).as_posix()}", _read(project, file)


def _scripts(project: Project) -> Iterator[tuple[str, bytes]]:
    for file in project.script_files():
        yield file.relative_to(project.glue_scripts).as_posix(), _read(project, file)


def _read(project: Project, file: Path) -> bytes:
    try:
        return project.read_bytes(file)
    except UnreadableError as error:
        raise IncompleteProjectError(f"{project.shown(file)}: {error} ({error.hint})") from None
