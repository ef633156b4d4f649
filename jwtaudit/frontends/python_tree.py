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
from jwtaudit.frontends.python_base import Lowering, compared, with_sign
from jwtaudit.frontends.python_strings import pieces
from jwtaudit.frontends.slicing import outermost
from jwtaudit.frontends.tree_places import TreePlaces
from jwtaudit.frontends.trees import functions, parsed, statements, syntax_tree
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from jwtaudit.frontends.python_strings import Piece
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
    return _TreeLowering(source).block(functions(tree))


def bodies(source: Source, starts: Collection[int]) -> dict[int, tuple[f.Statement, ...]]:
    """Bodies of outermost functions, by where they begin; none where that is left to libcst."""
    tree = _tree(source.text) if starts else None
    if tree is None:
        return {}
    lowering = _TreeLowering(source)
    found = ((lowering.span(node.body[0]).start, node.body) for node in functions(tree))
    return {
        start: lowering.block(body)
        for start, body in found
        if start in starts and not _matches(source.text, body)
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


class _TreeLowering(TreePlaces, Lowering):
    """One walk over one module."""

    def __init__(self, source: Source, omitted: frozenset[int] = frozenset()) -> None:
        Lowering.__init__(self, source, omitted)
        TreePlaces.__init__(self, source)

    # -- statements ------------------------------------------------------------------------------

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

    def optional(self, node: ast.expr | None) -> f.Expression | None:
        return None if node is None else self.expr(node)

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

    # -- expressions -----------------------------------------------------------------------------

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
        return self.operation(self.span(node), _OPERATORS[type(node.op)], left, right, before)

    def logical(self, node: ast.BoolOp) -> f.Expression:
        operator: Any = "and" if isinstance(node.op, ast.And) else "or"
        span = self.span(node)
        result = self.expr(node.values[0])
        for value in node.values[1:]:
            end = span.end if value is node.values[-1] else self.closed(value, span.end)
            result = f.Logical(Span(span.start, end), operator, result, self.expr(value))
        return result

    def unary(self, node: ast.UnaryOp) -> f.Expression:
        return with_sign(self.span(node), _OPERATORS[type(node.op)], self.expr(node.operand))

    def compare(self, node: ast.Compare) -> f.Expression:
        left = self.expr(node.left)
        links = [
            (_OPERATORS[type(operator)], self.expr(right))
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


_STRING = re.compile(
    r"""[a-zA-Z]{0,2}(?:\"{3}([^\\"]*(?:(?:\\.|\"(?!\"\"))[^\\"]*)*)\"{3}"""
    r"""|'{3}([^\\']*(?:(?:\\.|'(?!''))[^\\']*)*)'{3}"""
    r"""|\"([^\\"]*(?:\\.[^\\"]*)*)\"|'([^\\']*(?:\\.[^\\']*)*)')""",
    re.DOTALL,
)
_STARS = {"rest": "*", "options": "**"}

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitAnd: "&",
    ast.BitXor: "^", ast.MatMult: "@", ast.Not: "not", ast.USub: "-", ast.UAdd: "+",
    ast.Invert: "~", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_AUGMENTED: dict[type[ast.AST], str] = {
    kind: _OPERATORS[kind]
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

_EXPRESSIONS: dict[type[ast.expr], Callable[[_TreeLowering, Any], f.Expression]] = {
    ast.Name: _TreeLowering.name,
    ast.Attribute: _TreeLowering.attribute,
    ast.Subscript: _TreeLowering.subscript,
    ast.Call: _TreeLowering.call,
    ast.Constant: _TreeLowering.constant,
    ast.JoinedStr: _TreeLowering.formatted,
    ast.List: _TreeLowering.elements,
    ast.Tuple: _TreeLowering.elements,
    ast.Set: _TreeLowering.elements,
    ast.Dict: _TreeLowering.mapping,
    ast.BinOp: _TreeLowering.binary,
    ast.BoolOp: _TreeLowering.logical,
    ast.UnaryOp: _TreeLowering.unary,
    ast.Compare: _TreeLowering.compare,
    ast.IfExp: _TreeLowering.choice,
    ast.Await: _TreeLowering.await_,
    ast.NamedExpr: _TreeLowering.bind,
    ast.GeneratorExp: _TreeLowering.comprehension,
    ast.ListComp: _TreeLowering.comprehension,
    ast.SetComp: _TreeLowering.comprehension,
    ast.DictComp: _TreeLowering.comprehension,
    ast.Lambda: _TreeLowering.lambda_,
}
