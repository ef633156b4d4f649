"""The expressions of Python by the interpreter's own parser."""

from __future__ import annotations

import ast
import bisect
import re
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.frontends.python_base import Lowering, compared, with_sign
from jwtaudit.frontends.python_strings import pieces
from jwtaudit.frontends.tree_places import TreePlaces
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtaudit.frontends.python_strings import Piece
    from jwtaudit.source import Source


class TreeExpressions(TreePlaces, Lowering):
    """One walk over one module: its expressions. Statements come with the subclass.

    Args:
        source: the file.
        omitted: where the bodies of functions begin that are left out.
    """

    def __init__(self, source: Source, omitted: frozenset[int] = frozenset()) -> None:
        Lowering.__init__(self, source, omitted)
        TreePlaces.__init__(self, source)

    def expr(self, node: ast.expr) -> f.Expression:
        method = _EXPRESSIONS.get(type(node))
        if method is None:
            return f.Opaque(self.span(node), self.parts(node))
        return method(self, node)

    def parts(self, node: ast.expr) -> tuple[f.Expression, ...]:
        return tuple(self.expr(n) for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr))

    def name(self, node: ast.Name) -> f.Expression:
        return f.Name(self.span(node), node.id)

    def attribute(self, node: ast.Attribute) -> f.Expression:
        return f.Attribute(self.span(node), self.expr(node.value), node.attr)

    def subscript(self, node: ast.Subscript) -> f.Expression:
        span, base = self.span(node), self.expr(node.value)
        if not isinstance(node.slice, ast.Tuple) or self.has_parentheses(node.slice):
            return f.Item(span, base, self.expr(node.slice))
        keys = tuple(map(self.unstarred, node.slice.elts))
        return f.Item(span, base, keys[0] if len(keys) == 1 else f.Elements(span, keys))

    def unstarred(self, node: ast.expr) -> f.Expression:
        return self.expr(node.value if isinstance(node, ast.Starred) else node)

    def call(self, node: ast.Call) -> f.Expression:
        span, function = self.span(node), self.expr(node.func)
        if not node.keywords:
            return f.Call(span, function, tuple(map(self.positional, node.args)))
        given: list[Any] = [*node.args, *node.keywords]
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            given.sort(key=lambda argument: (argument.lineno, argument.col_offset))
        return f.Call(
            span,
            function,
            tuple(
                f.Argument(self.expr(argument.value), argument.arg, 0 if argument.arg else 2)
                if isinstance(argument, ast.keyword)
                else self.positional(argument)
                for argument in given
            ),
        )

    def positional(self, node: ast.expr) -> f.Argument:
        if isinstance(node, ast.Starred):
            return f.Argument(self.expr(node.value), None, 1)
        return f.Argument(self.expr(node), None, 0)

    def constant(self, node: ast.Constant) -> f.Expression:
        value = node.value
        if isinstance(value, (str, bytes)):
            return self.string(self.span(node), value)
        if value is Ellipsis or isinstance(value, complex):
            return f.Opaque(self.span(node))
        return f.Literal(self.span(node), value)

    def string(self, span: Span, value: str | bytes) -> f.Expression:
        match = _STRING.fullmatch(self.code, *span)
        if match is not None:
            self.strings.append(span)
            inner = match[1] or match[2] or match[3] or match[4] or ""
            length = 3 if match.lastindex in {1, 2} else 1
            return self.literal(span, inner, value, span.end - span.start - len(inner) - length)
        self.strings += (piece.span for piece in pieces(self.code, span))
        self.text(span, value)
        return f.Literal(span, value)

    def formatted(self, node: ast.JoinedStr) -> f.Expression:
        return self.side_by_side(pieces(self.code, self.span(node)))

    def side_by_side(self, found: list[Piece]) -> f.Expression:
        if len(found) == 1:
            return self.piece(found[0])
        before = len(self.texts)
        left, right = self.piece(found[0]), self.side_by_side(found[1:])
        return self.joined(Span(found[0].span.start, found[-1].span.end), left, right, before)

    def piece(self, piece: Piece) -> f.Expression:
        span = piece.span
        self.strings.append(span)
        if piece.parts is None:
            value = ast.literal_eval(self.code[span.start : span.end])
            inner = self.code[piece.inner.start : piece.inner.end]
            return self.literal(span, inner, value, piece.inner.start - span.start)
        before = len(self.texts)
        parts = [
            self.replacement(part.span)
            if part.is_expression
            else f.Literal(part.span, self.code[slice(*part.span)].replace("{{", "{"))
            for part in piece.parts
        ]
        return self.template(span, parts, before)

    def replacement(self, span: Span) -> f.Expression:
        """The expression in a replacement field, parsed at its own place."""
        line = bisect.bisect_right(self.starts, span.start)
        before = self.code[self.starts[line - 1] : span.start].encode()
        code = f"(\n{' ' * len(before)}{self.code[slice(*span)]}\n)"
        tree = ast.increment_lineno(ast.parse(code, mode="eval"), line - 2)
        return self.expr(tree.body)

    def elements(self, node: ast.List | ast.Tuple | ast.Set) -> f.Expression:
        items: list[f.Expression] = []
        for element in node.elts:
            value = self.unstarred(element)
            items.append(f.Spread(value.span, value) if isinstance(element, ast.Starred) else value)
        span = self.span(node)
        if isinstance(node, ast.Tuple) and self.has_parentheses(node):
            span = self.inside(span, node.elts[-1] if node.elts else None)
        return f.Elements(span, tuple(items))

    def mapping(self, node: ast.Dict) -> f.Expression:
        entries = tuple(
            (self.optional(key), self.expr(value))
            for key, value in zip(node.keys, node.values, strict=True)
        )
        return f.Mapping(self.span(node), entries)

    def binary(self, node: ast.BinOp) -> f.Expression:
        before = len(self.texts)
        left, right = self.expr(node.left), self.expr(node.right)
        return self.operation(self.span(node), OPERATORS[type(node.op)], left, right, before)

    def logical(self, node: ast.BoolOp) -> f.Expression:
        operator: Any = "and" if isinstance(node.op, ast.And) else "or"
        span = self.span(node)
        result = self.expr(node.values[0])
        for value in node.values[1:]:
            end = span.end if value is node.values[-1] else self.closed(value, span.end)
            result = f.Logical(Span(span.start, end), operator, result, self.expr(value))
        return result

    def unary(self, node: ast.UnaryOp) -> f.Expression:
        return with_sign(self.span(node), OPERATORS[type(node.op)], self.expr(node.operand))

    def compare(self, node: ast.Compare) -> f.Expression:
        left = self.expr(node.left)
        links = [
            (OPERATORS[type(operator)], self.expr(right))
            for operator, right in zip(node.ops, node.comparators, strict=True)
        ]
        return compared(self.span(node), left, links)

    def choice(self, node: ast.IfExp) -> f.Expression:
        return f.Choice(
            self.span(node), self.expr(node.test), self.expr(node.body), self.expr(node.orelse)
        )

    def await_(self, node: ast.Await) -> f.Expression:
        return f.Await(self.span(node), self.expr(node.value))

    def bind(self, node: ast.NamedExpr) -> f.Expression:
        return f.Bind(self.span(node), self.expr(node.target), self.expr(node.value))

    def comprehension(self, node: Any) -> f.Expression:
        loops = []
        for loop in node.generators:
            tests = tuple(map(self.expr, loop.ifs))
            loops.append((self.expr(loop.target), self.expr(loop.iter), tests))
        span = self.span(node)
        if isinstance(node, ast.DictComp):
            key, element = self.expr(node.key), self.expr(node.value)
            return f.Comprehension(span, element, key, tuple(loops))
        if isinstance(node, ast.GeneratorExp):
            loop = node.generators[-1]
            span = self.inside(span, [loop.iter, *loop.ifs][-1])
        return f.Comprehension(span, self.expr(node.elt), None, tuple(loops))

    def lambda_(self, node: ast.Lambda) -> f.Expression:
        span = self.span(node)
        body = self.expr(node.body)
        parameters = self.parameters(node.args)
        function = f.Function(span, span, "<lambda>", parameters, (f.Return(body.span, body),))
        return f.Closure(span, function)

    def optional(self, node: ast.expr | None) -> f.Expression | None:
        return None if node is None else self.expr(node)

    def parameters(self, node: ast.arguments) -> tuple[f.Parameter, ...]:
        plain = [*node.posonlyargs, *node.args]
        missing: list[ast.expr | None] = [None] * (len(plain) - len(node.defaults))
        out = [
            self.parameter(arg, default, "positional")
            for arg, default in zip(plain, [*missing, *node.defaults], strict=True)
        ]
        if node.vararg is not None:
            out.append(self.parameter(node.vararg, None, "rest"))
        out += (
            self.parameter(arg, default, "keyword")
            for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
        )
        if node.kwarg is not None:
            out.append(self.parameter(node.kwarg, None, "options"))
        return tuple(out)

    def parameter(self, node: ast.arg, default: ast.expr | None, kind: Any) -> f.Parameter:
        start = self.offset(node.lineno, node.col_offset)
        end = start + len(node.arg)
        if kind in _STARS:
            start = self.code.rfind(_STARS[kind], 0, start)
        value, annotation = self.optional(default), self.optional(node.annotation)
        return f.Parameter(Span(start, end), node.arg, value, annotation, kind)


_STRING = re.compile(
    r"""[a-zA-Z]{0,2}(?:\"{3}([^\\"]*(?:(?:\\.|\"(?!\"\"))[^\\"]*)*)\"{3}"""
    r"""|'{3}([^\\']*(?:(?:\\.|'(?!''))[^\\']*)*)'{3}"""
    r"""|\"([^\\"]*(?:\\.[^\\"]*)*)\"|'([^\\']*(?:\\.[^\\']*)*)')""",
    re.DOTALL,
)
_STARS = {"rest": "*", "options": "**"}

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitAnd: "&",
    ast.BitXor: "^", ast.MatMult: "@", ast.Not: "not", ast.USub: "-", ast.UAdd: "+",
    ast.Invert: "~", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_EXPRESSIONS: dict[type[ast.expr], Callable[[TreeExpressions, Any], f.Expression]] = {
    ast.Name: TreeExpressions.name,
    ast.Attribute: TreeExpressions.attribute,
    ast.Subscript: TreeExpressions.subscript,
    ast.Call: TreeExpressions.call,
    ast.Constant: TreeExpressions.constant,
    ast.JoinedStr: TreeExpressions.formatted,
    ast.List: TreeExpressions.elements,
    ast.Tuple: TreeExpressions.elements,
    ast.Set: TreeExpressions.elements,
    ast.Dict: TreeExpressions.mapping,
    ast.BinOp: TreeExpressions.binary,
    ast.BoolOp: TreeExpressions.logical,
    ast.UnaryOp: TreeExpressions.unary,
    ast.Compare: TreeExpressions.compare,
    ast.IfExp: TreeExpressions.choice,
    ast.Await: TreeExpressions.await_,
    ast.NamedExpr: TreeExpressions.bind,
    ast.GeneratorExp: TreeExpressions.comprehension,
    ast.ListComp: TreeExpressions.comprehension,
    ast.SetComp: TreeExpressions.comprehension,
    ast.DictComp: TreeExpressions.comprehension,
    ast.Lambda: TreeExpressions.lambda_,
}
