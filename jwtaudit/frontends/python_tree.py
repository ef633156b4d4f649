"""Python by the interpreter's own parser: a tenth of what libcst costs.

Both ways give the same facts. What the tree does not tell as libcst does is left to it: patterns
of ``match``, texts whose line ends the two count differently, and nesting that nobody writes.
"""

from __future__ import annotations

import ast
import bisect
import functools
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from jwtaudit import facts as f
from jwtaudit.frontends.flatness import is_flat
from jwtaudit.frontends.python_strings import pieces
from jwtaudit.frontends.python_tree_expressions import OPERATORS, TreeExpressions
from jwtaudit.frontends.slicing import outermost
from jwtaudit.frontends.trees import first_line, functions, parsed, statements, syntax_tree
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from jwtaudit.source import Source

    _Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_ODD = re.compile(r"\f|\r(?!\n)")
_MATCH = re.compile(r"^[ \t]*match\b(?![ \t]*[=.,):])", re.MULTILINE)


def lower(source: Source, omitted: frozenset[int] = frozenset()) -> f.Facts | None:
    """Turn a Python file into facts; None where that is left to libcst.

    Args:
        source: the file.
        omitted: where the bodies of functions begin that are left out.
    """
    tree = _tree(source.text)
    if tree is None or _matches(source.text, tree.body):
        return None
    lowering = _TreeLowering(source, omitted)
    return lowering.facts_of(lowering.block(tree.body))


def lower_around(source: Source, start: int) -> tuple[f.Statement, ...] | None:
    """The outermost function around an offset; None where that is left to libcst.

    Its lines alone are parsed, behind as many others as stand before them in the file.
    """
    extent = outermost(source, start) if _is_plain(source.text) else None
    if extent is None:
        return None
    text = source.text[slice(*extent)]
    before = "\n" * bisect.bisect_left(source.line_starts, extent[0])
    tree = parsed(f"{before[1:]}if 1:\n{text}" if text[0] in " \t" else before + text)
    if tree is None or _matches(text, tree.body):
        return None
    return _TreeLowering(source).block(functions(tree.body))


def parts(
    source: Source,
    bodies: Collection[int],
    definitions: Collection[int],
    omitted: frozenset[int] = frozenset(),
) -> dict[int, tuple[f.Statement, ...]]:
    """Parts of a file, by where they begin; none where that is left to libcst.

    Args:
        source: the file.
        bodies: where bodies of outermost functions begin.
        definitions: where the lines of functions and classes of the module begin.
        omitted: where the bodies begin that are left out of those.
    """
    tree = _tree(source.text) if bodies or definitions else None
    if tree is None:
        return {}
    lowering = _TreeLowering(source, omitted)
    found: dict[int, list[ast.stmt]] = {}
    for function in functions(tree.body) if bodies else ():
        start = lowering.span(function.body[0]).start
        if start in bodies:
            found[start] = function.body
    for node in tree.body if definitions else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            start = source.line_starts[first_line(node) - 1]
            if start in definitions:
                found[start] = [node]
    return {
        start: lowering.block(body)
        for start, body in found.items()
        if not _matches(source.text, body)
    }


@functools.lru_cache(maxsize=1024)
def _is_plain(text: str) -> bool:
    return is_flat(text) and not _ODD.search(text)


@functools.lru_cache(maxsize=1024)
def _says_match(text: str) -> bool:
    return _MATCH.search(text) is not None


def _tree(text: str) -> ast.Module | None:
    """The tree of what is not left to libcst, unless there is a ``match`` in it."""
    return syntax_tree(text) if _is_plain(text) else None


def _matches(text: str, body: list[ast.stmt]) -> bool:
    """Whether there is a ``match`` among some statements; in most texts it is another word."""
    return _says_match(text) and any(isinstance(s, ast.Match) for s in statements(body))


class _TreeLowering(TreeExpressions):
    """One walk over one module."""

    def block(self, body: Iterable[ast.stmt]) -> tuple[f.Statement, ...]:
        out: list[f.Statement] = []
        for node in body:
            method = _STATEMENTS.get(type(node))
            if method is None:
                continue
            result = method(self, node)
            if isinstance(result, tuple):
                out.extend(result)
            else:
                out.append(result)
        return tuple(out)

    def assign(self, node: ast.Assign) -> f.Statement:
        targets = tuple(map(self.expr, node.targets))
        return f.Assign(self.span(node), targets, self.expr(node.value))

    def annotated(self, node: ast.AnnAssign) -> f.Statement:
        value = self.optional(node.value)
        annotation = self.expr(node.annotation)
        return f.Assign(self.span(node), (self.expr(node.target),), value, None, annotation)

    def augmented(self, node: ast.AugAssign) -> f.Statement:
        operator = _AUGMENTED.get(type(node.op), "?")
        return f.Assign(self.span(node), (self.expr(node.target),), self.expr(node.value), operator)

    def delete(self, node: ast.Delete) -> f.Statement:
        if len(node.targets) == 1:
            return f.Delete(self.span(node), self.expr(node.targets[0]))
        span = Span(self.span(node.targets[0]).start, self.span(node).end)
        return f.Delete(self.span(node), f.Elements(span, tuple(map(self.expr, node.targets))))

    def evaluate(self, node: ast.Expr) -> f.Statement:
        value, span = node.value, self.span(node)
        if isinstance(value, (ast.Constant, ast.JoinedStr)):
            before = len(self.texts)
            lowered = self.expr(value)
            if isinstance(value, ast.Constant) or len(pieces(self.code, self.span(value))) > 1:
                for text in self.texts[before:]:
                    text.docstring = True
            return f.Evaluate(span, lowered)
        if isinstance(value, (ast.Yield, ast.YieldFrom)):
            return f.Return(span, self.optional(value.value), "yield")
        return f.Evaluate(span, self.expr(value))

    def return_(self, node: ast.Return) -> f.Statement:
        return f.Return(self.span(node), self.optional(node.value))

    def raise_(self, node: ast.Raise) -> f.Statement:
        return f.Raise(self.span(node), self.optional(node.exc))

    def jump(self, node: ast.stmt) -> f.Statement:
        return f.Jump(self.span(node), type(node).__name__.lower())

    def assert_(self, node: ast.Assert) -> f.Statement:
        return f.Assert(self.span(node), self.expr(node.test))

    def scope(self, node: ast.Global | ast.Nonlocal) -> f.Statement:
        return f.Scope(self.span(node), tuple(node.names))

    def import_(self, node: ast.Import) -> tuple[f.Statement, ...]:
        span = self.span(node)
        return tuple(
            f.Import(span, alias.name, None, alias.asname, 0, True)
            if alias.asname is not None
            else f.Import(
                span, alias.name, None, alias.name.split(".")[0], 0, "." not in alias.name
            )
            for alias in node.names
        )

    def import_from(self, node: ast.ImportFrom) -> tuple[f.Statement, ...]:
        span = self.span(node)
        return tuple(
            f.Import(span, node.module or "", alias.name, alias.asname or alias.name, node.level)
            for alias in node.names
        )

    def if_(self, node: ast.If) -> f.Statement:
        otherwise = self.block(node.orelse)
        return f.If(self.whole(node), self.expr(node.test), self.block(node.body), otherwise)

    def for_(self, node: ast.For | ast.AsyncFor) -> f.Statement:
        return f.Loop(
            self.whole(node),
            self.expr(node.target),
            self.expr(node.iter),
            None,
            self.block(node.body),
            self.block(node.orelse),
        )

    def while_(self, node: ast.While) -> f.Statement:
        test, body = self.expr(node.test), self.block(node.body)
        return f.Loop(self.whole(node), None, None, test, body, self.block(node.orelse))

    def try_(self, node: Any) -> f.Statement:
        handlers = []
        for handler in node.handlers:
            types: tuple[f.Expression, ...] = ()
            if isinstance(handler.type, ast.Tuple):
                types = tuple(map(self.unstarred, handler.type.elts))
            elif handler.type is not None:
                types = (self.expr(handler.type),)
            body = self.block(handler.body)
            handlers.append(f.Handler(self.whole(handler), types, handler.name, body))
        return f.Try(
            self.whole(node),
            self.block(node.body),
            tuple(handlers),
            self.block(node.orelse),
            self.block(node.finalbody),
        )

    def with_(self, node: ast.With | ast.AsyncWith) -> f.Statement:
        items = tuple(
            (self.expr(item.context_expr), self.optional(item.optional_vars)) for item in node.items
        )
        return f.With(self.whole(node), items, self.block(node.body))

    def function(self, node: _Function) -> f.Function:
        span, first = self.whole(node), node.body[0]
        omitted = bool(self.omitted) and self.span(first).start in self.omitted
        body = () if omitted else self.block(node.body)
        arguments = node.args
        before = (
            *arguments.posonlyargs, *arguments.args, *arguments.defaults, *arguments.kwonlyargs,
            *filter(None, (*arguments.kw_defaults, arguments.vararg, arguments.kwarg)),
            *filter(None, (node.returns,)), *getattr(node, "type_params", ()),
        )  # fmt: skip
        return f.Function(
            span,
            self.header(span.start, before),
            node.name,
            self.parameters(arguments),
            body,
            tuple(map(self.expr, node.decorator_list)),
            isinstance(node, ast.AsyncFunctionDef),
            self.optional(node.returns),
            omitted,
        )

    def class_(self, node: ast.ClassDef) -> f.Statement:
        span = self.whole(node)
        before = (
            *node.bases,
            *(keyword.value for keyword in node.keywords),
            *getattr(node, "type_params", ()),
        )
        return f.Class(
            span,
            self.header(span.start, before),
            node.name,
            (
                *map(self.positional, (base for base in node.bases)),
                *(f.Argument(self.expr(k.value), k.arg, 0 if k.arg else 2) for k in node.keywords),
            ),
            self.block(node.body),
            tuple(map(self.expr, node.decorator_list)),
        )


_AUGMENTED: dict[type[ast.AST], str] = {
    kind: OPERATORS[kind]
    for kind in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitOr, ast.BitAnd, ast.Mod)
}

_STATEMENTS: dict[type[ast.stmt], Callable[[_TreeLowering, Any], Any]] = {
    ast.Assign: _TreeLowering.assign,
    ast.AnnAssign: _TreeLowering.annotated,
    ast.AugAssign: _TreeLowering.augmented,
    ast.Delete: _TreeLowering.delete,
    ast.Expr: _TreeLowering.evaluate,
    ast.Return: _TreeLowering.return_,
    ast.Raise: _TreeLowering.raise_,
    ast.Pass: _TreeLowering.jump,
    ast.Break: _TreeLowering.jump,
    ast.Continue: _TreeLowering.jump,
    ast.Assert: _TreeLowering.assert_,
    ast.Global: _TreeLowering.scope,
    ast.Nonlocal: _TreeLowering.scope,
    ast.Import: _TreeLowering.import_,
    ast.ImportFrom: _TreeLowering.import_from,
    ast.If: _TreeLowering.if_,
    ast.For: _TreeLowering.for_,
    ast.AsyncFor: _TreeLowering.for_,
    ast.While: _TreeLowering.while_,
    ast.Try: _TreeLowering.try_,
    ast.With: _TreeLowering.with_,
    ast.AsyncWith: _TreeLowering.with_,
    ast.FunctionDef: _TreeLowering.function,
    ast.AsyncFunctionDef: _TreeLowering.function,
    ast.ClassDef: _TreeLowering.class_,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _TreeLowering.try_
