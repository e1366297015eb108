"""Calls of getResolvedOptions in a parsed script: what is asked for, and whether it always is.

Where a script leaves doubt, the answer is doubt: a linter that cries wolf is switched off.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

FUNCTION = "getResolvedOptions"

_CHANGES = {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "update"}
"""Methods after which a list, set or dict is no longer what was written."""

_PARAMETER = ast.Pass()
_UNKNOWN = ast.Pass()


@dataclass
class Call:
    """One call: its argument vector and names, and the function that it stands in."""

    argv: ast.expr | None
    names: ast.expr | None
    certain: bool
    within: str


@dataclass
class Script:
    """What a walk through a script found.

    ``bindings`` holds every value that a name is given anywhere, ``texts`` every string, and
    ``hidden`` tells that the function is used in a way that was not understood.
    """

    calls: list[Call] = field(default_factory=list)
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    hidden: bool = False
    argv_changed: bool = False
    _callers: dict[str, list[tuple[bool, str]]] = field(default_factory=dict)

    def is_certain(self, call: Call) -> bool:
        """Tell whether every run comes to this call, with the arguments that the job got."""
        plain = not self.argv_changed and self._is_argv(call.argv)
        return plain and call.certain and self._is_reached(call.within, frozenset())

    def _is_argv(self, node: ast.AST | None) -> bool:
        if isinstance(node, ast.Name):
            bound = self.bindings.get(node.id, [])
            return all(each is _PARAMETER or _is_sys_argv(each) for each in bound)
        return _is_sys_argv(node)

    def _is_reached(self, function: str, seen: frozenset[str]) -> bool:
        if not function:
            return True
        callers = () if function in seen else self._callers.get(function, ())
        return any(sure and self._is_reached(other, seen | {function}) for sure, other in callers)

    def called(self, function: str, certain: bool, within: str) -> None:
        self._callers.setdefault(function, []).append((certain, within))


def walk(tree: ast.Module) -> Script:
    """Return what matters of a parsed script."""
    aliases = {FUNCTION}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            aliases |= {each.asname for each in node.names if each.name == FUNCTION and each.asname}
    walker = _Walker(aliases)
    walker.visit(tree)
    return walker.script


def _is_sys_argv(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "argv"


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and ast.unparse(test.left) == "__name__"


class _Walker(ast.NodeVisitor):
    def __init__(self, aliases: set[str]) -> None:
        self.script = Script()
        self._aliases = aliases
        self._certain = True
        self._function = ""
        self._class = ""

    @contextmanager
    def _inside(self, certain: bool, function: str | None = None) -> Iterator[None]:
        before = self._certain, self._function
        self._certain = certain
        self._function = self._function if function is None else function
        yield
        self._certain, self._function = before

    def _visit_doubtfully(self, *nodes: ast.AST) -> None:
        with self._inside(certain=False):
            for node in nodes:
                self.visit(node)

    def _bind(self, name: str, value: ast.AST) -> None:
        self.script.bindings.setdefault(name, []).append(value)
        self.script.hidden |= name in self._aliases

    def visit_Call(self, node: ast.Call) -> None:
        name = _last_name(node.func)
        if name in self._aliases:
            given = dict(enumerate(node.args)) | {each.arg: each.value for each in node.keywords}
            argv, names = (given.get(0, given.get("args")), given.get(1, given.get("options")))
            self.script.calls.append(Call(argv, names, self._certain, self._function))
        else:
            self.script.called(name, self._certain, self._function)
            self.visit(node.func)
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id, _UNKNOWN)
        self.script.hidden |= node.id in self._aliases

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _CHANGES and isinstance(node.value, ast.Name):
            self._bind(node.value.id, _UNKNOWN)
        changes = node.attr in _CHANGES and _is_sys_argv(node.value)
        self.script.argv_changed |= changes or (
            node.attr == "argv" and not isinstance(node.ctx, ast.Load)
        )
        self.script.hidden |= node.attr == FUNCTION
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Name) and not isinstance(node.ctx, ast.Load):
            self._bind(node.value.id, _UNKNOWN)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, node.value)
            self.visit(node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, value)
        else:
            self.visit(target)

    def visit_alias(self, node: ast.alias) -> None:
        if node.name != FUNCTION:
            self._bind(node.asname or node.name, _UNKNOWN)

    def visit_arg(self, node: ast.arg) -> None:
        self._bind(node.arg, _PARAMETER)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.script.texts.add(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name, _UNKNOWN)
        outer, self._class = self._class, node.name
        self.generic_visit(node)
        self._class = outer

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name, _UNKNOWN)
        # Who calls a class calls its __init__.
        name = self._class if node.name == "__init__" else node.name
        with self._inside(certain=True, function=name):
            self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_doubtfully(node.args, node.body)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        with self._inside(certain=self._certain and _is_main_guard(node.test)):
            for each in node.body:
                self.visit(each)
        self._visit_doubtfully(*node.orelse)
        if any(isinstance(each, ast.Return) for each in ast.walk(node)):
            self._certain = False  # for the rest of this function

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._visit_doubtfully(node.body, node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._visit_doubtfully(*node.values[1:])

    def visit_Try(self, node: ast.Try) -> None:
        with self._inside(certain=self._certain and not node.handlers):
            for each in node.body:
                self.visit(each)
        self._visit_doubtfully(*node.handlers, *node.orelse)
        for each in node.finalbody:
            self.visit(each)

    def _visit_loop(self, node: ast.AST) -> None:
        self._visit_doubtfully(*ast.iter_child_nodes(node))

    visit_For = visit_AsyncFor = visit_While = visit_Match = _visit_loop  # noqa: N815
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_loop  # noqa: N815


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
