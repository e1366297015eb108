"""What a pipeline may write in ``{{ … }}``: lookups that Airflow resolves when the task runs.

Airflow's own context would let a text read connections and, through ``macros.yaml``, run code on
the worker; so only what is listed here passes. ``macros`` is a module that leads everywhere: it
may stand only before one of the two functions. Of ``dag_run`` passes what every run has.
"""

from __future__ import annotations

from typing import NamedTuple

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.problem import did_you_mean, only_match

NAMES = (
    "dag_run",
    "data_interval_end",
    "data_interval_start",
    "ds",
    "ds_nodash",
    "logical_date",
    "params",
    "run_id",
    "ts",
    "ts_nodash",
)
DAG_RUN = ("conf", "dag_id", "run_after", "run_id", "start_date")
FUNCTIONS = ("macros.ds_add", "macros.ds_format")
DATE_FILTERS = ("ds", "ds_nodash", "ts", "ts_nodash")
FILTERS = ("default", *DATE_FILTERS, "lower", "upper")

_DATES = (
    "dag_run.run_after",
    "dag_run.start_date",
    "data_interval_end",
    "data_interval_start",
    "logical_date",
)
"""What the date filters can format; everything else that is offered is text."""

_OF_DAG_RUN = tuple(f"dag_run.{name}" for name in DAG_RUN)
_OFFERED = "offered: " + ", ".join(NAMES)
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.Filter,
    nodes.Call,
    nodes.Neg,
)
PARSER = ImmutableSandboxedEnvironment()


class Refusal(NamedTuple):
    """Why a text may not be resolved at run time, and what to do about it."""

    reason: str
    hint: str = ""


MISPLACED = Refusal(
    "run-time values are not possible here", "use ${{ env.… }} for values of the environment"
)


def is_template(text: str) -> bool:
    """Tell whether Airflow's Jinja would do anything with ``text``."""
    return "{{" in text or "{%" in text or "{#" in text


def refusal(text: str) -> Refusal | None:
    """Return why ``text`` may not be resolved at run time, or None where it may."""
    try:
        tree = PARSER.parse(text)
        return _bare(tree) or next(filter(None, map(_refusal, tree.find_all(nodes.Node))), None)
    except TemplateSyntaxError as error:
        return Refusal(f"it cannot be read: {error.message}", "for example {{ run_id }}")
    except RecursionError:
        return Refusal("it is nested too deeply")


def _bare(tree: nodes.Template) -> Refusal | None:
    """Refuse ``macros`` and ``dag_run`` that do not stand before something that is offered."""
    dotted = [_dotted(node) for node in tree.find_all((nodes.Getattr, nodes.Getitem))]
    called = [_dotted(node.node) for node in tree.find_all(nodes.Call)]
    names = [node.name for node in tree.find_all(nodes.Name)]
    if names.count("macros") != sum(name in FUNCTIONS for name in called):
        return Refusal(f"of macros only {' and '.join(FUNCTIONS)} are offered")
    if names.count("dag_run") != sum(name in _OF_DAG_RUN for name in dotted):
        parts = (name for name in dotted if name.startswith("dag_run.") and name.count(".") == 1)
        return _refused_part(next((name for name in parts if name not in _OF_DAG_RUN), ""))
    return None


def _refused_part(name: str) -> Refusal:
    match = only_match(name.removeprefix("dag_run."), DAG_RUN)
    hint = f"did you mean 'dag_run.{match}'?" if match else "offered: " + ", ".join(_OF_DAG_RUN)
    return Refusal(f"'{name}' is not offered" if name else "'dag_run' alone is no value", hint)


def _refusal(node: nodes.Node) -> Refusal | None:
    if not isinstance(node, _ALLOWED) or (
        isinstance(node, nodes.Neg) and not isinstance(node.node, nodes.Const)
    ):
        return Refusal("it may only look values up", _OFFERED)
    if isinstance(node, nodes.Call):
        return _refused_call(node)
    if isinstance(node, nodes.Filter):
        return _refused_filter(node)
    if isinstance(node, (nodes.Getattr, nodes.Getitem)) and _step(node).startswith("_"):
        return Refusal(f"'{_step(node)}' is not a value")
    if isinstance(node, nodes.Getattr) and _is_method(node):
        right = f"{_dotted(node.node)}['{node.attr}']"
        return Refusal(f"'{_dotted(node)}' is a function", f"write {right} for the value")
    if isinstance(node, nodes.Name) and node.name not in (*NAMES, "macros"):
        return Refusal(f"'{node.name}' is not offered", did_you_mean(node.name, NAMES) or _OFFERED)
    return None


def _refused_call(node: nodes.Call) -> Refusal | None:
    name = _dotted(node.node)
    if name not in FUNCTIONS:
        return Refusal(f"'{name}' may not be called", "only " + " and ".join(FUNCTIONS) + " may")
    date = _dotted(node.args[0]) if node.args else ""
    if date in _DATES:
        return Refusal(f"'{name}' reads a day as text", f"write {date} | ds")
    return None


def _refused_filter(node: nodes.Filter) -> Refusal | None:
    if node.name not in FILTERS:
        hint = did_you_mean(node.name, FILTERS) or "offered: " + ", ".join(FILTERS)
        return Refusal(f"the filter '{node.name}' is not offered", hint)
    value = node.node
    if isinstance(value, nodes.Filter) and value.name == "default":
        value = value.node
    if node.name in DATE_FILTERS and value is not None and _dotted(value) not in _DATES:
        hint = "a date is " + ", ".join(_DATES)
        return Refusal(f"the filter '{node.name}' writes a date, and this is none", hint)
    return None


def _is_method(node: nodes.Getattr) -> bool:
    """Tell whether Jinja would find a method of Python's dict before the value of that name."""
    return _dotted(node.node) in ("params", "dag_run.conf") and hasattr(dict, node.attr)


def _step(node: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return str(node.arg.value) if isinstance(node.arg, nodes.Const) else ""


def _dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, (nodes.Getattr, nodes.Getitem)) and _step(node):
        return f"{_dotted(node.node)}.{_step(node)}"
    return "an expression"
