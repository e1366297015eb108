"""What a pipeline may write in ``{{ … }}``: lookups that Airflow resolves when the task runs.

Airflow's own context would let a text read connections and, through ``macros.yaml``, run code on
the worker; so only what is listed here passes. ``macros`` is a module that leads everywhere: it
may stand only before one of the two functions.
"""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

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
FUNCTIONS = ("macros.ds_add", "macros.ds_format")
FILTERS = ("default", "ds", "ds_nodash", "lower", "ts", "ts_nodash", "upper")

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
_PARSER = ImmutableSandboxedEnvironment()


def is_template(text: str) -> bool:
    """Tell whether Airflow's Jinja would do anything with ``text``."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


def refusal(text: str) -> str | None:
    """Return why ``text`` may not be resolved at run time, or None where it may."""
    try:
        tree = _PARSER.parse(text)
        reached = sum(_dotted(node) in FUNCTIONS for node in tree.find_all(nodes.Getattr))
        if sum(_is_macros(node) for node in tree.find_all(nodes.Name)) != reached:
            return f"of macros only {' and '.join(FUNCTIONS)} are offered"
        return next(filter(None, map(_refusal, tree.find_all(nodes.Node))), None)
    except TemplateSyntaxError as error:
        return f"it cannot be read: {error.message}"
    except RecursionError:
        return "it is nested too deeply"


def _refusal(node: nodes.Node) -> str | None:
    if not isinstance(node, _ALLOWED):
        return "it may only look values up"
    if isinstance(node, nodes.Call) and _dotted(node.node) not in FUNCTIONS:
        return f"'{_dotted(node.node)}' may not be called"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"the filter '{node.name}' is not offered"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"'{node.attr}' is not a value"
    if isinstance(node, nodes.Name) and node.name not in (*NAMES, "macros"):
        return f"'{node.name}' is not offered"
    return None


def _is_macros(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "macros"


def _dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{_dotted(node.node)}.{node.attr}"
    return "an expression"
