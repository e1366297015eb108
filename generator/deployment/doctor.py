"""`pipelines doctor`: looks at an AWS account, and says what to do before pipelines can run."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing

from rich.console import Console
from rich.text import Text

from generator.compiler import judge
from generator.deployment.aws_client import ENDPOINT_VARIABLE, endpoint_url
from generator.deployment.health import CHECKS
from generator.deployment.health.account import Account
from generator.deployment.health.examination import examine
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Level, Result
from generator.environment import Environment
from generator.problem import visible
from generator.project import Project

_STYLES = {
    Level.RIGHT: "green",
    Level.NOTE: "bold yellow",
    Level.WRONG: "bold red",
    Level.UNKNOWN: "bold magenta",
    Level.SKIPPED: "dim",
}
_WORDS = {
    Level.RIGHT: "right",
    Level.NOTE: "to note",
    Level.WRONG: "wrong",
    Level.UNKNOWN: "unknown",
}
_COLUMN = 20


class NotThereError(Exception):
    """The emulated AWS does not run; the text says how to start it."""


def diagnose(project: Project, environment: Environment) -> int:
    """Print what is found and return the exit code: 1 if something must be mended, else 0.

    Raises NotThereError: nobody means to ask AWS itself about an account of the emulated one.
    """
    verdicts = tuple(judge(project, environment))
    account = Account(environment.values["region"])
    installation = Installation(project, environment, verdicts, account)
    if installation.imaginary and not endpoint_url():
        raise NotThereError(
            f"environment '{environment.name}' is on the emulated AWS: start `pipelines aws`, "
            f"export what it prints ({ENDPOINT_VARIABLE} and more), and call the doctor again"
        )
    console = Console(highlight=False, soft_wrap=True, file=sys.stdout)
    console.print(_heading(installation))
    with closing(account):
        results = _told(console, installation)
    console.print(_summary(results, environment.name))
    return int(any(result.level is Level.WRONG for result in results))


def _told(console: Console, installation: Installation) -> list[Result]:
    """Print each result once it is there, what was skipped at the end; return them all."""
    results: list[Result] = []
    for found in examine(CHECKS, installation):
        results += found
        for result in found:
            if result.level is not Level.SKIPPED:
                console.print(_line(result.level, result.subject, result.seen, result.advice))
    for reason, subjects in _skipped(results).items():
        console.print(_line(Level.SKIPPED, "Not looked at", f"{', '.join(subjects)}: {reason}"))
    return results


def _skipped(results: Iterable[Result]) -> dict[str, list[str]]:
    """Return the subjects of what was skipped, by the reason why."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.level is Level.SKIPPED:
            reasons.setdefault(result.seen, []).append(result.subject)
    return reasons


def _heading(installation: Installation) -> Text:
    place, name = installation.place, installation.environment.name
    heading = Text(f"Environment {name}", "bold")
    heading.append(f": account {place.account}, {place.region} ({installation.file})", "not bold")
    if url := endpoint_url():
        heading.append(f", at {visible(url)}", "not bold")
    return heading


def _line(level: Level, subject: str, seen: str, advice: str = "") -> Text:
    style = _STYLES[level]
    line = Text(f"  {level.value} ", style)
    line.append(f"{subject:<{_COLUMN}}", "not bold default")
    # What AWS and Airflow say may hold anything.
    line.append(visible(seen), "not bold default" if level is Level.RIGHT else style)
    if advice:
        line.append(f"\n{'':{_COLUMN + 4}}{visible(advice)}", "not bold default")
    return line


def _summary(results: Iterable[Result], name: str) -> Text:
    counts = Counter(result.level for result in results)
    parts = [f"{counts[level]} {word}" for level, word in _WORDS.items() if counts[level]]
    summary = Text("\n" + ", ".join(parts))
    if counts[Level.WRONG]:
        again = f"call `pipelines doctor --env {name}` again"
        summary.append(f". Mend what is marked {Level.WRONG.value}, and {again}.")
    return summary
