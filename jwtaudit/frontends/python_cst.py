"""Python by libcst: one parse, one walk over the semantic fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from jwtaudit import facts as f
from jwtaudit.frontends.python_cst_expressions import OPERATORS, CstExpressions, identifier
from jwtaudit.frontends.python_placed import refusals
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jwtaudit.source import Source


def lower(
    source: Source,
    text: str,
    omitted: frozenset[int] = frozenset(),
    moved: int = 0,
    offsets: list[int] | None = None,
    read: Mapping[int, tuple[f.Statement, ...]] | None = None,
) -> f.Facts:
    """Turn Python into facts.

    Args:
        source: the file.
        text: what of it is parsed.
        omitted: where the bodies begin that were blanked in it.
        moved: how far the text stands from the file's beginning.
        offsets: where each of its characters stands in the file, for what is not written plainly.
        read: what other blanked parts hold, by where they begin.

    Raises:
        Unparsable: a syntax error, or nesting beyond what the interpreter's stack holds.
    """
    with refusals(text):
        return _Lowering(source, text, omitted, moved, offsets, read or {}).facts()


def _dotted(node: cst.BaseExpression | None) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(identifier(node.attr.value))
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(identifier(node.value))
    return ".".join(reversed(parts))


class _Lowering(CstExpressions):
    """One walk over one module."""

    def facts(self) -> f.Facts:
        return self.facts_of(self.block(self.module.body))

    def block(self, body: Iterable[cst.CSTNode]) -> tuple[f.Statement, ...]:
        out: list[f.Statement] = []
        for node in body:
            self.statement(node, out)
        return tuple(out)

    def suite(self, suite: cst.BaseSuite) -> tuple[f.Statement, ...]:
        return self.block(suite.body)

    def statement(self, node: cst.CSTNode, out: list[f.Statement]) -> None:
        if isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                self.statement(small, out)
            return
        method = _STATEMENTS.get(type(node).__name__)
        if method is None:
            return
        result = method(self, node)
        if isinstance(result, tuple):
            out.extend(result)
        else:
            out.append(result)

    def assign(self, node: cst.Assign) -> f.Statement:
        targets = tuple(self.expr(t.target) for t in node.targets)
        return f.Assign(self.span(node), targets, self.expr(node.value))

    def annotated(self, node: cst.AnnAssign) -> f.Statement:
        value = None if node.value is None else self.expr(node.value)
        annotation = self.expr(node.annotation.annotation)
        return f.Assign(self.span(node), (self.expr(node.target),), value, None, annotation)

    def augmented(self, node: cst.AugAssign) -> f.Statement:
        operator = OPERATORS.get(type(node.operator).__name__, "?")
        return f.Assign(self.span(node), (self.expr(node.target),), self.expr(node.value), operator)

    def delete(self, node: cst.Del) -> f.Statement:
        return f.Delete(self.span(node), self.expr(node.target))

    def evaluate(self, node: cst.Expr) -> f.Statement | tuple[f.Statement, ...]:
        value = node.value
        if isinstance(value, cst.Integer):  # in place of a part that is blanked
            place = self.span(node)
            return self.read.get(place.start, f.Evaluate(place, self.expr(value)))
        if isinstance(value, (cst.SimpleString, cst.ConcatenatedString)):
            before = len(self.texts)
            lowered = self.expr(value)
            for text in self.texts[before:]:
                text.docstring = True
            return f.Evaluate(self.span(node), lowered)
        if isinstance(value, cst.Yield):
            inner = value.value
            if isinstance(inner, cst.From):
                inner = inner.item
            return f.Return(self.span(node), None if inner is None else self.expr(inner), "yield")
        return f.Evaluate(self.span(node), self.expr(value))

    def return_(self, node: cst.Return) -> f.Statement:
        return f.Return(self.span(node), None if node.value is None else self.expr(node.value))

    def raise_(self, node: cst.Raise) -> f.Statement:
        return f.Raise(self.span(node), None if node.exc is None else self.expr(node.exc))

    def jump(self, node: cst.CSTNode) -> f.Statement:
        return f.Jump(self.span(node), type(node).__name__.lower())

    def assert_(self, node: cst.Assert) -> f.Statement:
        return f.Assert(self.span(node), self.expr(node.test))

    def scope(self, node: cst.Global | cst.Nonlocal) -> f.Statement:
        return f.Scope(self.span(node), tuple(identifier(n.name.value) for n in node.names))

    def import_(self, node: cst.Import) -> tuple[f.Statement, ...]:
        out = []
        for alias in node.names:
            module = _dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                name, bound = identifier(alias.asname.name.value), True
            else:
                name, bound = module.split(".")[0], "." not in module
            out.append(f.Import(self.span(node), module, None, name, 0, bound))
        return tuple(out)

    def import_from(self, node: cst.ImportFrom) -> tuple[f.Statement, ...]:
        module, level, span = _dotted(node.module), len(node.relative), self.span(node)
        if isinstance(node.names, cst.ImportStar):
            return (f.Import(span, module, "*", "*", level),)
        out = []
        for alias in node.names:
            name = _dotted(alias.name)
            bound = name
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                bound = identifier(alias.asname.name.value)
            out.append(f.Import(span, module, name, bound, level))
        return tuple(out)

    def if_(self, node: cst.If) -> f.Statement:
        otherwise: tuple[f.Statement, ...] = ()
        if isinstance(node.orelse, cst.If):
            otherwise = (self.if_(node.orelse),)
        elif node.orelse is not None:
            otherwise = self.suite(node.orelse.body)
        return f.If(self.span(node), self.expr(node.test), self.suite(node.body), otherwise)

    def for_(self, node: cst.For) -> f.Statement:
        return f.Loop(
            self.span(node),
            self.expr(node.target),
            self.expr(node.iter),
            None,
            self.suite(node.body),
            () if node.orelse is None else self.suite(node.orelse.body),
        )

    def while_(self, node: cst.While) -> f.Statement:
        return f.Loop(
            self.span(node),
            None,
            None,
            self.expr(node.test),
            self.suite(node.body),
            () if node.orelse is None else self.suite(node.orelse.body),
        )

    def try_(self, node: cst.Try | cst.TryStar) -> f.Statement:
        handlers = []
        for handler in node.handlers:
            types: tuple[f.Expression, ...] = ()
            if isinstance(handler.type, cst.Tuple):
                types = tuple(self.expr(e.value) for e in handler.type.elements)
            elif handler.type is not None:
                types = (self.expr(handler.type),)
            name = None
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                name = identifier(handler.name.name.value)
            handlers.append(f.Handler(self.span(handler), types, name, self.suite(handler.body)))
        return f.Try(
            self.span(node),
            self.suite(node.body),
            tuple(handlers),
            () if node.orelse is None else self.suite(node.orelse.body),
            () if node.finalbody is None else self.suite(node.finalbody.body),
        )

    def with_(self, node: cst.With) -> f.Statement:
        items = tuple(
            (self.expr(i.item), None if i.asname is None else self.expr(i.asname.name))
            for i in node.items
        )
        return f.With(self.span(node), items, self.suite(node.body))

    def match(self, node: cst.Match) -> tuple[f.Statement, ...]:
        """A match statement as a chain of branches; only values are compared in a known way."""
        subject = self.expr(node.subject)
        chain: tuple[f.Statement, ...] = ()
        for case in reversed(node.cases):
            span = self.span(case)
            binds: list[f.Statement] = [
                f.Assign(span, (f.Name(span, name),), f.Opaque(span, (subject,)))
                for name in _bindings(case.pattern)
            ]
            test = self.pattern(case.pattern, subject)
            if case.guard is not None:
                guard = self.expr(case.guard)
                test = (
                    f.Opaque(span, (*test.parts, guard))
                    if isinstance(test, f.Opaque)
                    else f.Logical(span, "and", test, guard)
                )
            body = (*binds, *self.suite(case.body))
            chain = (f.If(span, test, body, chain),)
        return chain

    def pattern(self, node: cst.MatchPattern, subject: f.Expression) -> f.Expression:
        """What a pattern asks of the subject."""
        span = self.span(node)
        if isinstance(node, (cst.MatchValue, cst.MatchSingleton)):
            return f.Compare(span, "==", subject, self.expr(node.value))
        if isinstance(node, cst.MatchOr):
            either, *others = (self.pattern(p.pattern, subject) for p in node.patterns)
            for other in others:
                either = f.Logical(span, "or", either, other)
            return either
        return f.Opaque(span, (subject,))

    def function(self, node: cst.FunctionDef) -> f.Function:
        span = self.span(node)
        body = self.suite(node.body)
        start = body[0].span.start if body else -1
        omitted = start in self.omitted
        return f.Function(
            span,
            Span(span.start, max(span.start, self.span(node.body).start)),
            identifier(node.name.value),
            self.parameters(node.params),
            () if omitted else body,
            tuple(self.expr(d.decorator) for d in node.decorators),
            node.asynchronous is not None,
            None if node.returns is None else self.expr(node.returns.annotation),
            omitted,
        )

    def class_(self, node: cst.ClassDef) -> f.Statement:
        span = self.span(node)
        return f.Class(
            span,
            Span(span.start, max(span.start, self.span(node.body).start)),
            identifier(node.name.value),
            self.arguments((*node.bases, *node.keywords)),
            self.suite(node.body),
            tuple(self.expr(d.decorator) for d in node.decorators),
        )


def _bindings(pattern: cst.CSTNode) -> list[str]:
    names: list[str] = []
    stack: list[cst.CSTNode] = [pattern]
    while stack:
        node = stack.pop()
        if isinstance(node, (cst.MatchAs, cst.MatchStar)) and node.name is not None:
            names.append(identifier(node.name.value))
        stack.extend(c for c in node.children if not isinstance(c, cst.BaseExpression))
    return names


_STATEMENTS: dict[str, Callable[[_Lowering, Any], f.Statement | tuple[f.Statement, ...]]] = {
    "Assign": _Lowering.assign,
    "AnnAssign": _Lowering.annotated,
    "AugAssign": _Lowering.augmented,
    "Del": _Lowering.delete,
    "Expr": _Lowering.evaluate,
    "Return": _Lowering.return_,
    "Raise": _Lowering.raise_,
    "Pass": _Lowering.jump,
    "Break": _Lowering.jump,
    "Continue": _Lowering.jump,
    "Assert": _Lowering.assert_,
    "Global": _Lowering.scope,
    "Nonlocal": _Lowering.scope,
    "Import": _Lowering.import_,
    "ImportFrom": _Lowering.import_from,
    "If": _Lowering.if_,
    "For": _Lowering.for_,
    "While": _Lowering.while_,
    "Try": _Lowering.try_,
    "TryStar": _Lowering.try_,
    "With": _Lowering.with_,
    "Match": _Lowering.match,
    "FunctionDef": _Lowering.function,
    "ClassDef": _Lowering.class_,
}
