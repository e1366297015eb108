"""What each command of ``pipelines`` does; heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from generator import compiler, report
from generator.environment import load_environment
from generator.problem import Problem, did_you_mean
from generator.project import Project, ProjectNotFoundError
from generator.verdict import INTERNAL_ERROR


class UsageError(Exception):
    """The command was called in a way that cannot work; the text says what to do instead."""


def execute(options: argparse.Namespace) -> int:
    """Run the command that ``options`` name and return its exit code."""
    try:
        project = Project.find()
    except ProjectNotFoundError as error:
        raise UsageError(str(error)) from None
    return int(_COMMANDS[options.command](project, options))


def lint(project: Project, options: argparse.Namespace) -> int:
    for path in options.paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder '{path}'")
    problems = compiler.lint(project, options.env, options.paths)
    text = report.render(problems, options.format, project)
    if text:
        print(text)
    if options.format == "text":
        files = len(compiler.pipeline_files(project, options.paths))
        print(("\n" if text else "") + report.summary(problems, files))
    return _exit_code(problems)


def show(project: Project, options: argparse.Namespace) -> int:
    from generator.show import yaml_text

    configuration, code = _configuration(project, options)
    if configuration is not None:
        print(yaml_text(configuration), end="")
    return code


def graph(project: Project, options: argparse.Namespace) -> int:
    from generator.graph import boxes, mermaid

    configuration, code = _configuration(project, options)
    if configuration is not None:
        form = options.format or ("text" if sys.stdout.isatty() else "mermaid")
        print(boxes(configuration) if form == "text" else mermaid(configuration))
    return code


def run(project: Project, options: argparse.Namespace) -> int:
    return _locally(project, options, _file(project, options.name))


def aws(project: Project, options: argparse.Namespace) -> int:
    return _locally(project, options)


def ui(project: Project, options: argparse.Namespace) -> int:
    return _locally(project, options)


def new(project: Project, options: argparse.Namespace) -> int:
    from generator.starter import write_starter

    file = write_starter(project, options.name)
    if isinstance(file, str):
        raise UsageError(file)
    print(f"wrote {project.shown(file)}; next: pipelines lint, pipelines graph {options.name}")
    return 0


_COMMANDS = {
    "lint": lint,
    "show": show,
    "graph": graph,
    "run": run,
    "aws": aws,
    "ui": ui,
    "new": new,
}


def _configuration(
    project: Project, options: argparse.Namespace
) -> tuple[dict[str, Any] | None, int]:
    file = _file(project, options.name)
    environment, problems = load_environment(project, options.env)
    configuration = None
    if environment is not None:
        configuration, found = compiler.compile_pipeline(project, environment, file)
        problems = list(found)
    if problems:
        _fail(project, problems)
    return configuration, _exit_code(problems)


def _locally(project: Project, options: argparse.Namespace, file: Path | None = None) -> int:
    """Run a command that needs the emulated AWS, once environment and pipeline are sound."""
    environment, problems = load_environment(project, options.env)
    if environment is not None and file is not None:
        problems = list(compiler.judge_file(project, environment, file).problems)
    if environment is None or _exit_code(problems):
        return _fail(project, problems)
    try:
        from generator.local import commands as local
    except ImportError as error:
        raise UsageError(
            f"{error.name} is not installed; run `make install`, or install the extras "
            "`airflow` and `local`"
        ) from None
    try:
        return local.execute(project, environment, options)
    except local.NotPossibleError as error:
        raise UsageError(str(error)) from None


def _file(project: Project, name: str) -> Path:
    files = {file.stem: file for file in reversed(list(project.pipeline_files()))}
    if name not in files:
        known = "known: " + ", ".join(sorted(files)) if files else "pipelines/ is empty"
        raise UsageError(f"there is no pipeline '{name}' ({did_you_mean(name, files) or known})")
    return files[name]


def _fail(project: Project, problems: Iterable[Problem]) -> int:
    found = sorted(problems)
    print(report.render(found, "text", project), file=sys.stderr)
    return _exit_code(found)


def _exit_code(problems: Iterable[Problem]) -> int:
    found = list(problems)
    if any(problem.rule == INTERNAL_ERROR for problem in found):
        return 3
    return 1 if any(problem.level == "error" for problem in found) else 0
