"""What goes to S3 for one environment, as data: the same bytes for the same project."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.deployment.loader_file import loader_files
from generator.deployment.requirements import plugins_zip, requirements_file
from generator.deployment.shipped_code import loaders, shipped_code, trigger_code
from generator.environment import Environment
from generator.project import ENVIRONMENT_VARIABLE, Project
from generator.project_file import UnreadableError

DAGS = "dags/"
"""The folder of the MWAA bucket that MWAA copies to every scheduler and worker."""

GLUE_SCRIPTS = "glue_scripts/"
"""The folder of the artifacts bucket that Glue jobs read their scripts from."""

CODE = f"{DAGS}generator-"
"""How the key of each file of our code begins; the folder's name goes on with a digest."""

CODE_PACKAGE = "generator"
"""The name of our package."""

REQUIREMENTS, STARTUP, PLUGINS = "requirements.txt", "startup.sh", "plugins.zip"

_IGNORE_ALL = {2: b".*\n", 3: b"*\n"}
"""An .airflowignore that holds for a whole folder: regular expressions, from Airflow 3 on globs.

https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#airflowignore
"""

# MWAA sources it, so it must not exit, nor set options of the shell:
# https://docs.aws.amazon.com/mwaa/latest/userguide/using-startup-script.html
_STARTUP = """\
# Written by `pipelines bundle`.
export {variable}={environment}
# dag-factory reports every run to its makers otherwise.
export AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY=False
"""


class IncompleteProjectError(Exception):
    """Something that a bundle needs is not there or cannot be read; the text says what."""


@dataclass(frozen=True)
class Bundle:
    """The objects of both buckets, content by key, and the facts they were made from.

    ``code`` is where the key of each file of our code begins.
    """

    environment: str
    airflow: str
    offline: bool
    code: str
    mwaa: Mapping[str, bytes] = field(repr=False)
    artifacts: Mapping[str, bytes] = field(repr=False)


def make_bundle(
    project: Project, environment: Environment, wheels: Mapping[str, bytes] | None = None
) -> Bundle:
    """Return what one environment needs; with ``wheels`` for a network without internet.

    Raises IncompleteProjectError.
    """
    airflow, offline = environment.airflow, wheels is not None
    ignore_all = _IGNORE_ALL[airflow.major]
    code = {**shipped_code(), ".airflowignore": ignore_all}
    folder = f"{CODE.removeprefix(DAGS)}{_digest(code)}"
    scripts = _glue_scripts(project)
    dags = {
        **{f"{folder}/{name}": content for name, content in code.items()},
        **_dag_files(project, folder),
        **_pipelines(project),
        # Only its own: MWAA has no business with another account's roles.
        **_below_root(project, [project.environment_file(environment.name)]),
        **{f"{GLUE_SCRIPTS}{name}": content for name, content in scripts.items()},
        f"{GLUE_SCRIPTS}.airflowignore": ignore_all,
    }
    mwaa = {
        **{f"{DAGS}{name}": content for name, content in dags.items()},
        REQUIREMENTS: requirements_file(airflow.name, offline),
        STARTUP: _startup(environment.name),
        **_plugins(environment, wheels or {}),
    }
    artifacts = {f"{GLUE_SCRIPTS}{name}": content for name, content in scripts.items()}
    return Bundle(
        environment.name,
        airflow.name,
        offline,
        f"{DAGS}{folder}/",
        {key: mwaa[key] for key in sorted(mwaa)},
        {key: artifacts[key] for key in sorted(artifacts)},
    )


def _plugins(environment: Environment, wheels: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what each part of Airflow finds without the dags folder, if anything.

    Airflow looks for plugins in every file there but in those that it is told to ignore.
    """
    trigger = trigger_code() if environment.values.get("deferrable", True) else {}
    ignored = {f"{CODE_PACKAGE}/.airflowignore": _IGNORE_ALL[environment.airflow.major]}
    files = {**trigger, **(ignored if trigger else {}), **wheels}
    return {PLUGINS: plugins_zip(files)} if files else {}


def _dag_files(project: Project, folder: str) -> dict[str, bytes]:
    """Return the loaders, the project's own where it has any, and what is beside them in dags/."""
    files = {file.name: _read(project, file) for file in sorted(project.dags.glob("*.py"))}
    count = len(list(project.pipeline_files()))
    for name, text in loaders().items():
        try:
            own = files.get(name, text.encode()).decode()
            files |= loader_files(name, own, folder, count)
        except (SyntaxError, UnicodeDecodeError) as error:
            raise IncompleteProjectError(f"dags/{name} is no Python: {error}") from None
    return files


def _below_root(project: Project, files: Iterable[Path]) -> dict[str, bytes]:
    return {
        file.relative_to(project.root).as_posix(): _read(project, file) for file in sorted(files)
    }


def _pipelines(project: Project) -> dict[str, bytes]:
    pipelines = list(project.pipeline_files())
    if not pipelines:
        raise IncompleteProjectError(
            "there is no pipeline in pipelines/, so there is nothing to bring"
        )
    defaults = {file for pipeline in pipelines for file in project.defaults_files(pipeline)}
    return _below_root(project, [*pipelines, *defaults])


def _glue_scripts(project: Project) -> dict[str, bytes]:
    """Return the Glue scripts by their path below glue_scripts/."""
    return {
        file.relative_to(project.glue_scripts).as_posix(): _read(project, file)
        for file in project.script_files()
    }


def _read(project: Project, file: Path) -> bytes:
    try:
        return project.read_bytes(file)
    except UnreadableError as error:
        raise IncompleteProjectError(f"{project.shown(file)}: {error} ({error.hint})") from None


def _startup(environment: str) -> bytes:
    name = shlex.quote(environment)
    return _STARTUP.format(variable=ENVIRONMENT_VARIABLE, environment=name).encode()


def _digest(files: Mapping[str, bytes]) -> str:
    """Return 12 characters that differ when a file's name or content does."""
    whole = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()[:12]
