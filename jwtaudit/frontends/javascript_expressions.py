"""Lowers the expressions of JavaScript and TypeScript to facts.

Property access has one form: ``a["b"]`` is ``a.b``. What exists at compile time alone (types,
casts, ``!``) leaves no trace.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.frontends.javascript_texts import NO_VALUE, Texts, first
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tree_sitter import Node

# What is nested deeper is left out, and said: lowering and reading facts recurse.
MAX_DEPTH = 200

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_COMPARISONS = {
    "==": "==", "===": "==", "!=": "!=", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "in": "in", "instanceof": "instanceof",
}  # fmt: skip
_LOGICAL: dict[str, Any] = {"&&": "and", "||": "or", "??": "??"}


class Expressions(Texts):
    """One walk over one file's tree: its expressions. Statements come with the subclass.

    Args:
        text: the file's text, whose characters the tree's offsets count.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.before: list[f.Statement] = []  # what has to happen before the statement at hand
        self.assigned: set[str] = set()  # by the function at hand
        self.declared: set[str] = set()

    # -- what the statements give ----------------------------------------------------------------

    def function(self, node: Node, name: str, *, method: bool = False) -> f.Function:
        """A function of any form."""
        raise NotImplementedError

    def class_(self, node: Node, name: str) -> f.Class:
        """A class declaration or expression."""
        raise NotImplementedError

    # -- basics ----------------------------------------------------------------------------------

    def expr(self, node: Node | None, name: str = "") -> f.Expression:
        """An expression; ``name`` is what a function in this place goes by."""
        if node is None:
            return f.Opaque(Span(0, 0))
        if self.depth > MAX_DEPTH:
            self.damage(node)
            return f.Opaque(self.span(node))
        kind = node.type
        self.depth += 1
        try:
            if kind in _FUNCTIONS:
                return f.Closure(
                    self.span(node), self.function(node, name or _own_name(self, node))
                )
            if kind in _TRANSPARENT:
                inner = first(node)
                return f.Opaque(self.span(node)) if inner is None else self.expr(inner, name)
            method = _EXPRESSIONS.get(kind)
            if method is None:
                return f.Opaque(self.span(node), self.parts(node.named_children))
            return method(self, node)
        finally:
            self.depth -= 1

    def parts(self, nodes: Iterable[Node]) -> tuple[f.Expression, ...]:
        """What stands inside something that has no meaning of its own."""
        return tuple(self.expr(n) for n in nodes if n.type not in NO_VALUE)

    # -- access ----------------------------------------------------------------------------------

    def member(self, node: Node) -> f.Expression:
        span = self.span(node)
        prop = node.child_by_field_name("property")
        name = "" if prop is None else self.text(prop)
        owner = node.child_by_field_name("object")
        base = self.expr(owner)
        if name == "exports" and isinstance(base, f.Name) and base.id == "module":
            return f.Name(span, "exports")
        if owner is not None and prop is not None and prop.start_byte - owner.end_byte > 1:
            between = self.source[owner.end_byte : prop.start_byte]
            return f.Attribute(span, base, name, optional="?" in between)
        return f.Attribute(span, base, name)

    def subscript(self, node: Node) -> f.Expression:
        base = self.expr(node.child_by_field_name("object"))
        return self.entry(self.span(node), base, self.expr(node.child_by_field_name("index")))

    def entry(self, span: Span, base: f.Expression, key: f.Expression) -> f.Expression:
        """``base[key]``, which is a property where the key is a name."""
        if isinstance(key, f.Literal) and isinstance(key.value, str):
            return f.Attribute(span, base, key.value)
        return f.Item(span, base, key)

    def meta(self, node: Node) -> f.Expression:
        head, _, tail = self.text(node).partition(".")
        return f.Attribute(self.span(node), f.Name(self.span(node), head), tail)

    # -- calls -----------------------------------------------------------------------------------

    def call(self, node: Node) -> f.Expression:
        span = self.span(node)
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        if callee is not None and callee.type == "await_expression":
            # the grammar takes `await f<T>(x)` for `(await f)<T>(x)`
            return f.Await(span, self.called(node, span, first(callee)))
        return self.called(node, span, callee)

    def called(self, node: Node, span: Span, callee: Node | None) -> f.Expression:
        """The call of a function, with the arguments that stand at the node."""
        function = self.expr(callee)
        if callee is not None and callee.type == "import":
            function = f.Name(self.span(callee), "require")  # import("m") is awaited, no more
        given = node.child_by_field_name("arguments")
        if given is not None and given.type == "template_string":  # a tagged template
            return f.Call(span, function, (f.Argument(self.template_string(given)),))
        return f.Call(span, function, () if given is None else self.arguments(given))

    def arguments(self, node: Node) -> tuple[f.Argument, ...]:
        """The arguments between parentheses."""
        out = []
        for child in node.named_children:
            if child.type == "spread_element":
                out.append(f.Argument(self.expr(first(child)), None, 1))
            elif child.type not in NO_VALUE:
                out.append(f.Argument(self.expr(child)))
        return tuple(out)

    def sequence(self, node: Node) -> f.Expression:
        """``(0, m.f)``: compilers write it so that ``this`` is not ``m``."""
        children = node.named_children
        if len(children) == 2 and children[0].type == "number":
            return self.expr(children[1])
        return f.Opaque(self.span(node), self.parts(children))

    # -- displays --------------------------------------------------------------------------------

    def array(self, node: Node) -> f.Expression:
        items: list[f.Expression] = []
        after_comma = True
        for child in node.children:
            if child.type == ",":
                if after_comma:  # [, second]
                    items.append(f.Opaque(self.span(child)))
                after_comma = True
            elif child.is_named and child.type not in NO_VALUE:
                after_comma = False
                if child.type in ("spread_element", "rest_pattern"):
                    value = self.expr(first(child))
                    items.append(f.Spread(value.span, value))
                else:
                    items.append(self.expr(child))
        return f.Elements(self.span(node), tuple(items))

    def object(self, node: Node) -> f.Expression:
        """An object, or a pattern that takes one apart."""
        entries: list[tuple[f.Expression | None, f.Expression]] = []
        for child in node.named_children:
            kind = child.type
            if kind in ("pair", "pair_pattern"):
                key = self.key(child.child_by_field_name("key"))
                name = key.value if isinstance(key, f.Literal) else ""
                value = self.expr(child.child_by_field_name("value"), str(name))
                if isinstance(value, f.Closure) and self.source.startswith(
                    ("function", "async function"), value.span.start
                ):
                    value.function.kind = "method"
                entries.append((key, value))
            elif kind.startswith("shorthand_property"):
                entries.append((f.Literal(self.span(child), self.text(child)), self.name(child)))
            elif kind in ("object_assignment_pattern", "assignment_pattern"):
                left = child.child_by_field_name("left")
                if left is not None:
                    key = f.Literal(self.span(left), self.text(left))
                    entries.append((key, self.default(child)))
            elif kind in ("spread_element", "rest_pattern"):
                entries.append((None, self.expr(first(child))))
            elif kind == "method_definition":
                key = self.key(child.child_by_field_name("name"))
                name = str(key.value) if isinstance(key, f.Literal) else ""
                closure = f.Closure(self.span(child), self.function(child, name))
                closure.function.kind = "method"
                entries.append((key, closure))
            elif kind == "ERROR":
                self.damage(child)
        return f.Mapping(self.span(node), tuple(entries))

    def key(self, node: Node | None) -> f.Expression:
        """The key of an entry."""
        if node is None:
            return f.Opaque(Span(0, 0))
        if node.type == "computed_property_name":
            return self.expr(first(node))
        if node.type in ("string", "number"):
            return self.expr(node)
        return f.Literal(self.span(node), self.text(node))

    def default(self, node: Node) -> f.Expression:
        """A target with a default."""
        target = self.expr(node.child_by_field_name("left"))
        name = target.id if isinstance(target, f.Name) else ""
        return f.Bind(self.span(node), target, self.expr(node.child_by_field_name("right"), name))

    # -- operations ------------------------------------------------------------------------------

    def binary(self, node: Node) -> f.Expression:
        operator = self.operator(node)
        if operator == "+":
            return self.sum(node)
        left = self.expr(node.child_by_field_name("left"))
        right = self.expr(node.child_by_field_name("right"))
        if operator in _LOGICAL:
            return f.Logical(self.span(node), _LOGICAL[operator], left, right)
        if operator in _COMPARISONS:
            return f.Compare(self.span(node), _COMPARISONS[operator], left, right)
        return f.Binary(self.span(node), operator, left, right)

    def sum(self, node: Node) -> f.Expression:
        """A chain of ``+``: a text once a string takes part. Chains may be long: no recursion."""
        nodes: list[Node] = []
        inner: Node | None = node
        while (
            inner is not None and inner.type == "binary_expression" and self.operator(inner) == "+"
        ):
            right = inner.child_by_field_name("right")
            if right is not None:
                nodes.append(right)
            inner = inner.child_by_field_name("left")
        if inner is not None:
            nodes.append(inner)
        nodes.reverse()
        before = len(self.texts)
        parts = [self.expr(n) for n in nodes]
        if len(parts) > MAX_DEPTH and not any(_is_text(p) for p in parts):
            return f.Opaque(self.span(node), tuple(parts))
        if not any(_is_text(p) for p in parts):
            result = parts[0]
            for part in parts[1:]:
                result = f.Binary(Span(result.span.start, part.span.end), "+", result, part)
            return result
        flat: list[f.Expression] = []
        for part in parts:
            for piece in part.parts if isinstance(part, f.Text) else (part,):
                last: Any = flat[-1] if flat else None
                if isinstance(piece, f.Literal) and _is_string(last) and _is_string(piece):
                    joined = f.Literal(
                        Span(last.span.start, piece.span.end), last.value + piece.value
                    )
                    flat[-1] = joined
                else:
                    flat.append(piece)
        if len(flat) == 1 and isinstance(flat[0], f.Literal):
            del self.texts[before:]
            self.keep_text(self.span(node), str(flat[0].value))
            return f.Literal(self.span(node), flat[0].value)
        return f.Text(self.span(node), tuple(flat))

    def operator(self, node: Node) -> str:
        """The sign of an operation."""
        sign = node.child_by_field_name("operator")
        return "" if sign is None else sign.type

    def unary(self, node: Node) -> f.Expression:
        span, operator = self.span(node), self.operator(node)
        operand = self.expr(node.child_by_field_name("argument"))
        if operator == "!":
            return f.Unary(span, "not", operand)
        if operator == "void":
            return (
                f.Literal(span, None)
                if isinstance(operand, f.Literal)
                else f.Opaque(span, (operand,))
            )
        if (
            operator == "-"
            and isinstance(operand, f.Literal)
            and isinstance(operand.value, (int, float))
            and not isinstance(operand.value, bool)
        ):
            return f.Literal(span, -operand.value)
        if operator in ("typeof", "delete"):
            return f.Opaque(span, (operand,))
        return f.Unary(span, operator, operand)

    def choice(self, node: Node) -> f.Expression:
        return f.Choice(
            self.span(node),
            self.expr(node.child_by_field_name("condition")),
            self.expr(node.child_by_field_name("consequence")),
            self.expr(node.child_by_field_name("alternative")),
        )

    def assignment(self, node: Node) -> f.Expression:
        target = self.target(node.child_by_field_name("left"))
        name = target_name(target)
        value = self.expr(node.child_by_field_name("right"), name)
        return f.Bind(self.span(node), target, value)

    def target(self, node: Node | None) -> f.Expression:
        """What is assigned to, without being declared."""
        target = self.expr(node)
        self.assigned.update(bound_names(target))
        return target

    def augmented(self, node: Node) -> f.Expression:
        target = self.target(node.child_by_field_name("left"))
        value = self.expr(node.child_by_field_name("right"))
        span, sign = self.span(node), self.operator(node).removesuffix("=")
        if sign in _LOGICAL:
            return f.Bind(span, target, f.Logical(span, _LOGICAL[sign], target, value))
        return f.Bind(span, target, f.Binary(span, sign, target, value))

    def await_(self, node: Node) -> f.Expression:
        return f.Await(self.span(node), self.expr(first(node)))

    def class_expression(self, node: Node) -> f.Expression:
        """A class as a value: it is declared before the statement that it stands in."""
        given = node.child_by_field_name("name")
        name = f"class@{node.start_byte}" if given is None else self.text(given)
        self.before.append(self.class_(node, name))
        return f.Name(self.span(node), name)

    # -- JSX -------------------------------------------------------------------------------------

    def element(self, node: Node) -> f.Expression:
        """An element: of a component, a call with its properties; of HTML, what stands inside."""
        opening = node.child_by_field_name("open_tag") or node
        span = self.span(node)
        entries: list[tuple[f.Expression | None, f.Expression]] = []
        for child in opening.named_children:
            if child.type == "jsx_attribute":
                key, *rest = child.named_children
                value = self.expr(rest[0]) if rest else f.Literal(self.span(key), True)
                entries.append((f.Literal(self.span(key), self.text(key)), value))
            elif child.type == "jsx_expression":
                entries.append((None, self.expr(first(child))))
        inside = [n for n in node.named_children if n.type not in _TAGS]
        tag = opening.child_by_field_name("name")
        if tag is not None and self.text(tag)[:1].isupper():
            properties = f.Mapping(self.span(opening), tuple(entries))
            call = f.Call(span, self.expr(tag), (f.Argument(properties),))
            return f.Opaque(span, (call, *self.parts(inside))) if inside else call
        return f.Opaque(span, (*(value for _, value in entries), *self.parts(inside)))

    def fragment(self, node: Node) -> f.Expression:
        inside = (n for n in node.named_children if n.type not in _TAGS)
        return f.Opaque(self.span(node), self.parts(inside))

    def error(self, node: Node) -> f.Expression:
        self.damage(node)
        return f.Opaque(self.span(node), self.parts(node.named_children))


def bound_names(target: f.Expression) -> Iterator[str]:
    """The variables that a target binds."""
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, f.Name):
            yield node.id
        elif isinstance(node, f.Mapping):
            stack.extend(value for _, value in node.entries)
        elif isinstance(node, f.Elements):
            stack.extend(node.items)
        elif isinstance(node, f.Bind):
            stack.append(node.target)
        elif isinstance(node, f.Spread):
            stack.append(node.value)


def target_name(target: f.Expression) -> str:
    """The name that a function gets from what it is assigned to."""
    if isinstance(target, f.Name):
        return target.id
    return target.name if isinstance(target, f.Attribute) else ""


def _own_name(lowering: Expressions, node: Node) -> str:
    given = node.child_by_field_name("name")
    return "" if given is None else lowering.text(given)


def _is_text(node: f.Expression) -> bool:
    return isinstance(node, f.Text) or _is_string(node)


def _is_string(node: Any) -> bool:
    return isinstance(node, f.Literal) and isinstance(node.value, str)


_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function", "generator_function"})
_TRANSPARENT = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
     "type_assertion", "jsx_expression", "instantiation_expression"}
)  # fmt: skip
_TAGS = frozenset({"jsx_opening_element", "jsx_closing_element", "jsx_attribute", "jsx_text",
                   "identifier", "member_expression"})  # fmt: skip

_EXPRESSIONS: dict[str, Callable[[Any, Node], f.Expression]] = {
    "identifier": Expressions.name,
    "shorthand_property_identifier": Expressions.name,
    "shorthand_property_identifier_pattern": Expressions.name,
    "property_identifier": Expressions.name,
    "this": Expressions.name,
    "super": Expressions.name,
    "import": Expressions.name,
    "true": Expressions.literal,
    "false": Expressions.literal,
    "null": Expressions.literal,
    "undefined": Expressions.literal,
    "number": Expressions.number,
    "string": Expressions.string,
    "template_string": Expressions.template_string,
    "regex": Expressions.regex,
    "member_expression": Expressions.member,
    "subscript_expression": Expressions.subscript,
    "meta_property": Expressions.meta,
    "call_expression": Expressions.call,
    "new_expression": Expressions.call,
    "sequence_expression": Expressions.sequence,
    "array": Expressions.array,
    "array_pattern": Expressions.array,
    "object": Expressions.object,
    "object_pattern": Expressions.object,
    "assignment_pattern": Expressions.default,
    "binary_expression": Expressions.binary,
    "unary_expression": Expressions.unary,
    "ternary_expression": Expressions.choice,
    "assignment_expression": Expressions.assignment,
    "augmented_assignment_expression": Expressions.augmented,
    "await_expression": Expressions.await_,
    "class": Expressions.class_expression,
    "jsx_element": Expressions.element,
    "jsx_self_closing_element": Expressions.element,
    "jsx_fragment": Expressions.fragment,
    "ERROR": Expressions.error,
}
