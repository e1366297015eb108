"""The manual pages of the rules, as Markdown: what, why, a snippet and what lint says about it."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.theme import Theme

from generator import compiler, report
from generator.project import Project
from generator.rules.catalogue import Rule, catalogue

EXAMPLE = "pipelines/example.yaml"
"""Where a snippet stands that does not say so itself."""

_FILE = re.compile(r"^# (\S+/\S+\.(?:yaml|py))$", re.MULTILINE)
_ENVIRONMENT = """\
region: us-east-1
data_bucket: acme-ml-data-{name}
artifacts_bucket: acme-ml-artifacts-{name}
glue_role_arn: arn:aws:iam::123456789012:role/pipelines-glue
sagemaker_role_arn: arn:aws:iam::123456789012:role/pipelines-sagemaker
alerts_topic_arn: arn:aws:sns:us-east-1:123456789012:pipeline-alerts
"""
_PROJECT = {
    "glue_scripts/clean.py": "print('clean')\n",
    **{
        f"environments/{name}.yaml": _ENVIRONMENT.format(name=name)
        for name in ("local", "dev", "prod")
    },
}
"""The small project that snippets are linted in."""


def page(rule: Rule) -> str:
    """Return the manual page of a rule."""
    parts = [f"# {rule.name}", rule.summary, rule.reason]
    if rule.snippet:
        parts.append("For example:")
        parts += [_fenced(text, file.rpartition(".")[2]) for file, text in _files(rule.snippet)]
        parts += ["`pipelines lint` says:", _fenced(said(rule))]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Return the list of all rules, each with a link to its page."""
    rows = [f"| [{rule.name}]({rule.name}.md) | {rule.summary} |" for rule in catalogue().values()]
    head = "# The rules of `pipelines lint`\n\nAlso: `pipelines explain RULE`.\n\n"
    return head + "\n".join(["| rule | what holds when all is well |", "|---|---|", *rows]) + "\n"


def overview() -> str:
    """Return one line for each rule, as plain text."""
    rules = catalogue().values()
    width = max(len(rule.name) for rule in rules)
    return "\n".join(f"{rule.name:{width}}  {rule.summary}" for rule in rules)


def painted(page: str) -> str:
    """Return a page for a terminal, as wide as that but not too wide to read."""
    width = min(shutil.get_terminal_size().columns, 100)
    stream = io.StringIO()
    theme = Theme({"markdown.code": "bold"})
    console = Console(file=stream, force_terminal=True, width=width, theme=theme)
    console.print(Markdown(page, code_theme="ansi_dark"))
    return stream.getvalue()


def said(rule: Rule) -> str:
    """Return what lint really says about the rule's snippet: the problems of this rule alone."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        for file, text in (*_PROJECT.items(), *_files(rule.snippet)):
            path = project.root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        found = [each for each in compiler.lint(project, "local") if each.rule == rule.name]
        return report.render(found, "text", project)


def _files(snippet: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a snippet; each but a single one starts with its path in a comment."""
    starts = [found.start() for found in _FILE.finditer(snippet)]
    for start, end in zip(starts or [0], [*starts[1:], len(snippet)], strict=True):
        text = snippet[start:end].rstrip("\n") + "\n"
        named = _FILE.match(text)
        yield (named[1] if named else EXAMPLE), text


def _fenced(text: str, language: str = "") -> str:
    return f"```{language}\n{text.rstrip()}\n```"
