"""The command ``pipelines``: arguments only; the work is done elsewhere."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from generator import commands
from generator.airflow_version import NEWEST, VERSIONS
from generator.environment import DEFAULT_NAME
from generator.everywhere import ALL
from generator.local.aws import faults
from generator.project import ENVIRONMENT_VARIABLE
from generator.report import FORMATS

_EXIT_CODES = "exit codes: 0 clean, 1 problems, 2 wrong usage, 3 a bug of ours"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 clean, 1 problems, 2 usage, 3 our bug."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal or the file cannot hold must not cost the answer.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return commands.execute(options)
    except commands.UsageError as error:
        print(f"pipelines: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `pipelines show x | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except Exception as error:  # the last boundary: a traceback is no answer to a user
        if os.environ.get("PIPELINES_DEBUG"):
            raise
        print(
            f"pipelines: a bug of ours: {type(error).__name__}: {error}\n"
            "Set PIPELINES_DEBUG=1 to see where, and please report it.",
            file=sys.stderr,
        )
        return 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pipelines",
        description="Machine-learning pipelines as YAML files: check, look at and run them.",
        epilog=_EXIT_CODES,
    )
    add = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _lint(add)
    _explain(add)
    _schema(add)
    _show(add)
    _graph(add)
    _run(add)
    _aws(add)
    _ui(add)
    _new(add)
    _bundle(add)
    _deploy(add)
    _doctor(add)
    return parser


def _lint(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lint = _command(
        add,
        "lint",
        "report every mistake in pipeline files, at its line",
        "pipelines lint\n  pipelines lint pipelines/churn/ --env prod\n  pipelines lint --env all\n"
        "  pipelines lint --fix\n  pipelines lint --format sarif > lint.sarif",
    )
    lint.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: pipelines/)"
    )
    _environment(lint, f"; {ALL}: every one at once")
    lint.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text for people (default); json; github: annotations in a pull request; sarif: code "
        "scanning and editors; junit: test reports of GitLab, Jenkins and others",
    )
    lint.add_argument(
        "--fix", action="store_true", help="write what has just one right answer into the files"
    )


def _explain(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = _command(
        add,
        "explain",
        "explain a rule of lint, with an example",
        "pipelines explain\n  pipelines explain unknown-key",
    )
    explain.add_argument("rule", nargs="?", metavar="RULE", help="default: list all rules")


def _schema(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(
        add,
        "schema",
        "print the JSON Schema of a pipeline file, for editors",
        "pipelines schema > schemas/editor/pipeline.json",
    )


def _show(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    show = _command(
        add,
        "show",
        "print the dag-factory configuration that a pipeline becomes",
        "pipelines show customer-churn --env prod",
    )
    _name(show)
    _environment(show)


def _graph(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    graph = _command(
        add,
        "graph",
        "draw a pipeline's tasks",
        "pipelines graph customer-churn\n  pipelines graph customer-churn --format mermaid",
    )
    _name(graph)
    _environment(graph)
    graph.add_argument(
        "--format",
        choices=("text", "mermaid"),
        help="default: text in a terminal, mermaid into a file or pipe",
    )


def _run(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = _command(
        add,
        "run",
        "run a pipeline to its end on an emulated AWS",
        "pipelines run customer-churn\n  pipelines run customer-churn --logs --report report.json\n"
        "  pipelines run customer-churn --keep\n"
        "  pipelines run customer-churn --fault throttling --fault job-stops",
    )
    _name(run)
    _environment(run)
    run.add_argument("--report", type=Path, metavar="FILE.json", help="write the results there")
    run.add_argument("--keep", action="store_true", help="let the endpoint answer until Ctrl-C")
    run.add_argument("--logs", action="store_true", help="show what the jobs log")
    _faults(run)


def _aws(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    aws = _command(
        add,
        "aws",
        "start the emulated AWS and leave it running; prints what to export",
        "pipelines aws --port 5000\n  then, in another terminal, paste the export lines and:\n"
        "  pipelines run customer-churn",
    )
    aws.add_argument("--port", type=int, default=0, help="default: any free port")
    _environment(aws)
    _faults(aws)


def _ui(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ui = _command(
        add,
        "ui",
        "start Airflow's web interface on an emulated AWS",
        "pipelines ui\n  pipelines ui --port 8080",
    )
    ui.add_argument("--port", type=int, default=0, help="default: any free port")
    _environment(ui)


def _new(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    new = _command(
        add, "new", "write a commented pipeline file to start from", "pipelines new late-payers"
    )
    _name(new)


def _bundle(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    bundle = _command(
        add,
        "bundle",
        "write what goes to Amazon MWAA into a folder",
        "pipelines bundle --env prod\n  pipelines bundle --env prod --airflow-version 3.2.1\n"
        "  pipelines bundle --env prod --offline --output build/private",
    )
    _environment(bundle)
    _airflow_version(bundle)
    bundle.add_argument(
        "--output", type=Path, metavar="FOLDER", help="default: build/bundle/<environment>"
    )
    _offline(bundle)


def _deploy(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    deploy = _command(
        add,
        "deploy",
        "bring the pipelines to Amazon MWAA: print the plan, then upload what has changed",
        "pipelines deploy --env prod --dry-run\n  pipelines deploy --env prod",
    )
    _environment(deploy)
    deploy.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    _offline(deploy)


def _doctor(add: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = _command(
        add,
        "doctor",
        "check the AWS account of an environment, and say what to do",
        "pipelines doctor --env prod",
    )
    _environment(doctor)


def _airflow_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--airflow-version",
        choices=[version.name for version in VERSIONS],
        help=f"default: what the environment says, or {NEWEST.name}",
    )


def _offline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--offline",
        action="store_true",
        help="carry the Python packages in plugins.zip, for a network without internet",
    )


def _command(
    add: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, examples: str
) -> argparse.ArgumentParser:
    return add.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"examples:\n  {examples}\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="name of the pipeline")


def _faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        type=_fault,
        metavar="FAULT[:WHERE][=TIMES]",
        help="let the emulated AWS go wrong in one of the ways below; may be repeated",
    )
    lines = "\n  ".join(faults.listing().splitlines())
    where = (
        "WHERE narrows a fault to one operation (throttling:sagemaker.DescribeTrainingJob), "
        "those of\nS3 objects to a part of the key (object-missing:model.tar.gz); TIMES is how "
        "often it strikes."
    )
    parser.epilog = f"faults:\n  {lines}\n\n{where}\n\n{parser.epilog}"


def _fault(text: str) -> str:
    """Return a fault as it was given. Raises argparse's error for one that cannot be."""
    try:
        faults.parse(text)
    except faults.UnknownFaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _environment(parser: argparse.ArgumentParser, more: str = "") -> None:
    parser.add_argument(
        "--env",
        default=os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_NAME,
        metavar="NAME",
        help=f"environment (default: ${ENVIRONMENT_VARIABLE} or {DEFAULT_NAME}){more}",
    )
