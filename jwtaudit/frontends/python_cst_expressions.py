"""The expressions of Python by libcst."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import libcst as cst

from jwtaudit import facts as f
from jwtaudit.frontends.python_base import Lowering, compared, with_sign
from jwtaudit.frontends.python_placed import PlacedTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jwtaudit.source import Source, Span


def identifier(name: str) -> str:
    """A name as Python compares it (NFKC, PEP 3131)."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


OPERATORS = {
    "Add": "+", "Subtract": "-", "Multiply": "*", "Divide": "/", "FloorDivide": "//",
    "Modulo": "%", "Power": "**", "LeftShift": "<<", "RightShift": ">>", "BitOr": "|",
    "BitAnd": "&", "BitXor": "^", "MatrixMultiply": "@", "Not": "not", "Minus": "-", "Plus": "+",
    "BitInvert": "~", "Equal": "==", "NotEqual": "!=", "LessThan": "<", "LessThanEqual": "<=",
    "GreaterThan": ">", "GreaterThanEqual": ">=", "In": "in", "NotIn": "not in", "Is": "is",
    "IsNot": "is not", "AddAssign": "+", "SubtractAssign": "-", "MultiplyAssign": "*",
    "DivideAssign": "/", "BitOrAssign": "|", "BitAndAssign": "&", "ModuloAssign": "%",
}  # fmt: skip


class CstExpressions(Lowering):
    """One walk over one module: its expressions. Statements come with the subclass.

    Its arguments are those of ``python_cst.lower``.
    """

    def __init__(
        self,
        source: Source,
        text: str,
        omitted: frozenset[int],
        moved: int,
        offsets: list[int] | None,
        read: Mapping[int, tuple[f.Statement, ...]],
    ) -> None:
        super().__init__(source, omitted, is_notebook=offsets is not None)
        self.read = read
        self.tree = PlacedTree(text, moved, offsets)
        self.module = self.tree.module

    def span(self, node: cst.CSTNode) -> Span:
        return self.tree.span(node)

    def expr(self, node: cst.CSTNode) -> f.Expression:
        method = _EXPRESSIONS.get(type(node).__name__)
        if method is None:
            return f.Opaque(self.span(node), self.parts(node))
        return method(self, node)

    def parts(self, node: cst.CSTNode) -> tuple[f.Expression, ...]:
        return tuple(
            self.expr(child) for child in node.children if isinstance(child, cst.BaseExpression)
        )

    def name(self, node: cst.Name) -> f.Expression:
        value = node.value
        if value in _CONSTANTS:
            return f.Literal(self.span(node), _CONSTANTS[value])
        return f.Name(self.span(node), identifier(value))

    def attribute(self, node: cst.Attribute) -> f.Expression:
        return f.Attribute(self.span(node), self.expr(node.value), identifier(node.attr.value))

    def subscript(self, node: cst.Subscript) -> f.Expression:
        span = self.span(node)
        base = self.expr(node.value)
        slices = [
            self.expr(e.slice.value)
            if isinstance(e.slice, cst.Index)
            else f.Opaque(self.span(e), self.parts(e.slice))
            for e in node.slice
        ]
        key = slices[0] if len(slices) == 1 else f.Elements(span, tuple(slices))
        return f.Item(span, base, key)

    def call(self, node: cst.Call) -> f.Expression:
        return f.Call(self.span(node), self.expr(node.func), self.arguments(node.args))

    def arguments(self, args: Sequence[cst.Arg]) -> tuple[f.Argument, ...]:
        return tuple(
            f.Argument(
                self.expr(a.value),
                None if a.keyword is None else identifier(a.keyword.value),
                len(a.star),
            )
            for a in args
        )

    def number(self, node: cst.Integer | cst.Float) -> f.Expression:
        try:
            value: Any = node.evaluated_value
        except ValueError:  # an integer beyond the interpreter's digit limit
            return f.Opaque(self.span(node))
        return f.Literal(self.span(node), value)

    def string(self, node: cst.SimpleString) -> f.Expression:
        span = self.span(node)
        self.strings.append(span)
        quote = len(node.quote)
        prefix = len(node.prefix) + quote
        inner = node.value[prefix:-quote]
        value: Any = inner
        if prefix > quote or "\\" in inner or "\r" in inner:
            try:
                value = node.evaluated_value
            except (SyntaxError, ValueError):
                return f.Opaque(span)
        return self.literal(span, inner, value, prefix)

    def concatenated(self, node: cst.ConcatenatedString) -> f.Expression:
        span = self.span(node)
        before = len(self.texts)
        left, right = self.expr(node.left), self.expr(node.right)
        return self.joined(span, left, right, before)

    def formatted(self, node: cst.FormattedString) -> f.Expression:
        span = self.span(node)
        self.strings.append(span)
        parts: list[f.Expression] = []
        before = len(self.texts)
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                parts.append(f.Literal(self.span(part), part.value.replace("{{", "{")))
            elif isinstance(part, cst.FormattedStringExpression):
                parts.append(self.expr(part.expression))
        return self.template(span, parts, before)

    def elements(self, node: cst.List | cst.Tuple | cst.Set) -> f.Expression:
        items: list[f.Expression] = []
        for element in node.elements:
            value = self.expr(element.value)
            if isinstance(element, cst.StarredElement):
                value = f.Spread(value.span, value)
            items.append(value)
        return f.Elements(self.span(node), tuple(items))

    def mapping(self, node: cst.Dict) -> f.Expression:
        entries: list[tuple[f.Expression | None, f.Expression]] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                entries.append((self.expr(element.key), self.expr(element.value)))
            else:
                entries.append((None, self.expr(element.value)))
        return f.Mapping(self.span(node), tuple(entries))

    def binary(self, node: cst.BinaryOperation) -> f.Expression:
        operator = OPERATORS.get(type(node.operator).__name__, "?")
        span, before = self.span(node), len(self.texts)
        left, right = self.expr(node.left), self.expr(node.right)
        return self.operation(span, operator, left, right, before)

    def logical(self, node: cst.BooleanOperation) -> f.Expression:
        operator: Any = type(node.operator).__name__.lower()
        return f.Logical(self.span(node), operator, self.expr(node.left), self.expr(node.right))

    def unary(self, node: cst.UnaryOperation) -> f.Expression:
        operator = OPERATORS.get(type(node.operator).__name__, "?")
        return with_sign(self.span(node), operator, self.expr(node.expression))

    def compare(self, node: cst.Comparison) -> f.Expression:
        left = self.expr(node.left)
        links = [
            (OPERATORS.get(type(target.operator).__name__, "?"), self.expr(target.comparator))
            for target in node.comparisons
        ]
        return compared(self.span(node), left, links)

    def choice(self, node: cst.IfExp) -> f.Expression:
        return f.Choice(
            self.span(node), self.expr(node.test), self.expr(node.body), self.expr(node.orelse)
        )

    def await_(self, node: cst.Await) -> f.Expression:
        return f.Await(self.span(node), self.expr(node.expression))

    def bind(self, node: cst.NamedExpr) -> f.Expression:
        return f.Bind(self.span(node), self.expr(node.target), self.expr(node.value))

    def comprehension(
        self, node: cst.GeneratorExp | cst.ListComp | cst.SetComp | cst.DictComp
    ) -> f.Expression:
        loops = []
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            tests = tuple(self.expr(c.test) for c in loop.ifs)
            loops.append((self.expr(loop.target), self.expr(loop.iter), tests))
            loop = loop.inner_for_in
        if isinstance(node, cst.DictComp):
            key, element = self.expr(node.key), self.expr(node.value)
            return f.Comprehension(self.span(node), element, key, tuple(loops))
        return f.Comprehension(self.span(node), self.expr(node.elt), None, tuple(loops))

    def lambda_(self, node: cst.Lambda) -> f.Expression:
        span = self.span(node)
        body = self.expr(node.body)
        function = f.Function(
            span, span, "<lambda>", self.parameters(node.params), (f.Return(body.span, body),)
        )
        return f.Closure(span, function)

    def yielded(self, node: cst.Yield) -> f.Expression:
        inner = node.value
        if isinstance(inner, cst.From):
            inner = inner.item
        return f.Opaque(self.span(node), () if inner is None else (self.expr(inner),))

    def parameters(self, node: cst.Parameters) -> tuple[f.Parameter, ...]:
        out: list[f.Parameter] = []

        def add(params: Sequence[cst.Param], kind: Any) -> None:
            for p in params:
                default = None if p.default is None else self.expr(p.default)
                annotation = None if p.annotation is None else self.expr(p.annotation.annotation)
                name = identifier(p.name.value)
                out.append(f.Parameter(self.span(p), name, default, annotation, kind))

        add(node.posonly_params, "positional")
        add(node.params, "positional")
        if isinstance(node.star_arg, cst.Param):
            add([node.star_arg], "rest")
        add(node.kwonly_params, "keyword")
        if node.star_kwarg is not None:
            add([node.star_kwarg], "options")
        return tuple(out)


_CONSTANTS: dict[str, bool | None] = {"True": True, "False": False, "None": None}
_EXPRESSIONS: dict[str, Callable[[CstExpressions, Any], f.Expression]] = {
    "Name": CstExpressions.name,
    "Attribute": CstExpressions.attribute,
    "Subscript": CstExpressions.subscript,
    "Call": CstExpressions.call,
    "Integer": CstExpressions.number,
    "Float": CstExpressions.number,
    "SimpleString": CstExpressions.string,
    "ConcatenatedString": CstExpressions.concatenated,
    "FormattedString": CstExpressions.formatted,
    "List": CstExpressions.elements,
    "Tuple": CstExpressions.elements,
    "Set": CstExpressions.elements,
    "Dict": CstExpressions.mapping,
    "BinaryOperation": CstExpressions.binary,
    "BooleanOperation": CstExpressions.logical,
    "UnaryOperation": CstExpressions.unary,
    "Comparison": CstExpressions.compare,
    "IfExp": CstExpressions.choice,
    "Await": CstExpressions.await_,
    "NamedExpr": CstExpressions.bind,
    "GeneratorExp": CstExpressions.comprehension,
    "ListComp": CstExpressions.comprehension,
    "SetComp": CstExpressions.comprehension,
    "DictComp": CstExpressions.comprehension,
    "Lambda": CstExpressions.lambda_,
    "Yield": CstExpressions.yielded,
}
