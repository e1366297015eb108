"""What each command of ``pipelines`` does; heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator import compiler, report
from generator.environment import load_environment
from generator.problem import Problem, did_you_mean
from generator.project import Project, ProjectNotFoundError
from generator.verdict import INTERNAL_ERROR

if TYPE_CHECKING:
    from generator.fix import Outcome


class UsageError(Exception):
    """The command was called in a way that cannot work; the text says what to do instead."""


def execute(options: argparse.Namespace) -> int:
    """Run the command that ``options`` name and return its exit code."""
    if options.command in _ANYWHERE:
        return int(_ANYWHERE[options.command](options))
    try:
        project = Project.find()
    except ProjectNotFoundError as error:
        raise UsageError(str(error)) from None
    return int(_COMMANDS[options.command](project, options))


def lint(project: Project, options: argparse.Namespace) -> int:
    for path in options.paths:
        if not os.path.lexists(path):
            raise UsageError(f"there is no file or folder '{path}'")
    problems, fixed = _lint(project, options)
    files = compiler.pipeline_files(project, options.paths)
    form = report.form_for(options.format, sys.stdout)
    text = report.render(problems, form, project, files)
    if text:
        print(text)
    if options.format == "text":
        print(("\n" if text else "") + report.summary(problems, len(files), form))
    if fixed is not None:
        print(fixed, file=sys.stdout if options.format == "text" else sys.stderr)
        for file, reason in fixed.left_alone.items():
            print(f"{file} was left as it is: {reason}", file=sys.stderr)
    return _exit_code(problems) or int(bool(fixed and fixed.left_alone))


def _lint(project: Project, options: argparse.Namespace) -> tuple[list[Problem], Outcome | None]:
    def look() -> list[Problem]:
        return compiler.lint(project, options.env, options.paths)

    if not options.fix:
        return look(), None
    from generator.fix import fix

    outcome = fix(project, look)
    return outcome.left, outcome


def explain(options: argparse.Namespace) -> int:
    from generator import manual
    from generator.rules.catalogue import catalogue

    if options.rule is None:
        print(manual.overview())
        return 0
    rule = catalogue().get(options.rule)
    if rule is None:
        hint = did_you_mean(options.rule, catalogue()) or "`pipelines explain` lists them"
        raise UsageError(f"there is no rule '{options.rule}' ({hint})")
    page = manual.page(rule)
    terminal = report.form_for("text", sys.stdout) == "terminal"
    print(manual.painted(page) if terminal else page, end="")
    return 0


def schema(_options: argparse.Namespace) -> int:
    from generator.json_schema.bundle import as_text, editor_schema

    print(as_text(editor_schema("pipeline")), end="")
    return 0


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


def deployment(project: Project, options: argparse.Namespace) -> int:
    """Run bundle, deploy or doctor, once the environment is sound."""
    from generator.deployment import commands as deployment_commands

    environment, problems = load_environment(project, options.env)
    if environment is None:
        return _fail(project, problems)
    try:
        return deployment_commands.execute(project, environment, options)
    except deployment_commands.NotPossibleError as error:
        raise UsageError(str(error)) from None


def new(project: Project, options: argparse.Namespace) -> int:
    from generator.starter import write_starter

    files = write_starter(project, options.name)
    if isinstance(files, str):
        raise UsageError(files)
    file, *schemas = (project.shown(each) for each in files)
    print(f"wrote {file}; next: pipelines lint, pipelines graph {options.name}")
    for schema in schemas:
        print(f"wrote {schema}, which editors complete and explain the keys from")
    return 0


_ANYWHERE = {"explain": explain, "schema": schema}
"""Commands that need no project."""

_COMMANDS = {
    "lint": lint,
    "show": show,
    "graph": graph,
    "run": run,
    "aws": aws,
    "ui": ui,
    "new": new,
    "bundle": deployment,
    "deploy": deployment,
    "doctor": deployment,
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
    print(report.render(found, report.form_for("text", sys.stderr), project), file=sys.stderr)
    return _exit_code(found)


def _exit_code(problems: Iterable[Problem]) -> int:
    found = list(problems)
    if any(problem.rule == INTERNAL_ERROR for problem in found):
        return 3
    return 1 if any(problem.level == "error" for problem in found) else 0
