"""What each command of ``pipelines`` does; heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from threading import Event
from typing import Any

from generator import compiler, report
from generator.environment import Environment, load_environment
from generator.problem import Problem, did_you_mean
from generator.project import Project, ProjectNotFoundError


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
    import yaml

    configuration, code = _configuration(project, options)
    if configuration is not None:
        print(yaml.dump(configuration, Dumper=_dumper(), sort_keys=False, width=1_000, allow_unicode=True), end="")
    return code


def graph(project: Project, options: argparse.Namespace) -> int:
    from generator.graph import boxes, mermaid

    configuration, code = _configuration(project, options)
    if configuration is not None:
        form = options.format or ("text" if sys.stdout.isatty() else "mermaid")
        print(boxes(configuration) if form == "text" else mermaid(configuration))
    return code


def run(project: Project, options: argparse.Namespace) -> int:
    file = _file(project, options.name)
    environment, problems = _judged(project, options.env, file)
    if environment is None:
        return _fail(project, problems)
    local = _local("generator.local.run")
    choices = local.Options(options.report, options.keep, options.logs)
    try:
        return 0 if local.run(project, environment, file, choices, _console()) else 1
    except (local.NotLocalError, FileNotFoundError) as error:
        raise UsageError(str(error)) from None
    except local.AirflowFailedError as error:
        print(f"pipelines: Airflow did not start:\n{error}", file=sys.stderr)
        return 1


def aws(project: Project, options: argparse.Namespace) -> int:
    environment, problems = load_environment(project, options.env)
    if environment is None:
        return _fail(project, problems)
    server = _local("generator.local.server")
    ended = Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: ended.set())
    try:
        emulated = server.EmulatedAws(options.port, environment.values["region"]).start()
    except OSError as error:
        raise UsageError(error.strerror or str(error)) from None
    try:
        print("# The emulated AWS is up until Ctrl-C. Paste this into another terminal:")
        for name, value in emulated.environment.items():
            print(f"export {name}='{value}'")
        sys.stdout.flush()
        ended.wait()
    finally:
        emulated.stop()
    return 0


def ui(project: Project, options: argparse.Namespace) -> int:
    environment, problems = load_environment(project, options.env)
    if environment is None:
        return _fail(project, problems)
    local = _local("generator.local.ui")
    try:
        local.serve(project, environment, options.port, _console())
    except (local.NotLocalError, FileNotFoundError) as error:
        raise UsageError(str(error)) from None
    except local.AirflowFailedError as error:
        print(f"pipelines: Airflow did not start:\n{error}", file=sys.stderr)
        return 1
    return 0


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


def _judged(
    project: Project, name: str, file: Path
) -> tuple[Environment | None, list[Problem]]:
    """Return the environment when both it and the pipeline are sound, else the problems."""
    environment, problems = load_environment(project, name)
    if environment is not None:
        verdict = compiler.judge_file(project, environment, file)
        problems = list(verdict.problems)
        if verdict.pipeline is None:
            return None, problems
    return environment, problems


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
    return 1 if any(problem.level == "error" for problem in problems) else 0


def _local(module: str) -> Any:
    """Import a module that needs the extra `local`."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{error.name} is not installed; run `make install`, or install the extras "
            "`airflow` and `local`"
        ) from None


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as blocks, and no anchors."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper
