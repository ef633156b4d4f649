"""Lowers the functions and classes of JavaScript and TypeScript to facts.

A method's first parameter is ``this``; a constructor is called ``__init__``, as in all facts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.frontends.javascript_expressions import bound_names
from jwtaudit.frontends.javascript_imports import Imports
from jwtaudit.frontends.javascript_prototypes import FUNCTIONS
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Node

DEFAULT = "default"

_SETTINGS = re.compile(r"(?i)(?:config|configuration|settings|options)$")


class Definitions(Imports):
    """What a walk makes of functions and classes; ``Statements`` says what of other statements.

    Args:
        text: the file's text.
        omit: tells by its beginning whether a function's body is left out.
    """

    def __init__(self, text: str, *, omit: Callable[[int], bool] | None = None) -> None:
        super().__init__(text)
        self.omit = omit
        self.functions = 0
        self.loops: list[bool] = []  # the loops and switches around: whether it is a loop

    # -- what the statements give ----------------------------------------------------------------

    def block(self, nodes: Iterable[Node]) -> tuple[f.Statement, ...]:
        """Statements in order."""
        raise NotImplementedError

    # -- functions -------------------------------------------------------------------------------

    def function_statement(self, node: Node, out: list[f.Statement]) -> None:
        name = node.child_by_field_name("name")
        function = self.function(node, DEFAULT if name is None else self.text(name))
        self.declared.add(function.name)
        out.append(function)

    def function(self, node: Node, name: str, *, method: bool = False) -> f.Function:
        span = self.span(node)
        body = node.child_by_field_name("body")
        parameters: list[f.Parameter] = []
        opening: list[f.Statement] = []
        single = node.child_by_field_name("parameter")
        given = node.child_by_field_name("parameters")
        if method:
            here = Span(span.start, span.start)
            parameters.append(f.Parameter(here, "this"))
        for child in [single] if single is not None else given.named_children if given else ():
            self.parameter(child, parameters, opening)
        omitted = self.functions == 0 and self.omit is not None and self.omit(node.start_byte)
        statements: tuple[f.Statement, ...] = ()
        if body is not None and not omitted:
            names = {parameter.name for parameter in parameters}
            for statement in opening:
                names.update(declared_names(statement))
            statements = (*opening, *self.function_body(body, names))
        return f.Function(
            span,
            Span(span.start, span.end if body is None else body.start_byte),
            name or "<lambda>",
            tuple(parameters),
            statements,
            (),
            any(child.type == "async" for child in node.children),
            self.annotation(node.child_by_field_name("return_type")),
            omitted,
        )

    def function_body(self, node: Node, parameters: set[str]) -> tuple[f.Statement, ...]:
        """The body of a function: a block, or the expression that it gives back.

        What it assigns without having declared it is a variable of those around it.
        """
        saved = self.loops, self.before, self.assigned, self.declared
        self.loops, self.before, self.assigned, self.declared = [], [], set(), parameters
        self.functions += 1
        try:
            if node.type == "statement_block":
                body = self.block(node.named_children)
            else:
                value = self.expr(node)
                body = (*self.before, f.Return(value.span, value))
            names = tuple(sorted(self.assigned - self.declared))
            return (
                (f.Scope(Span(node.start_byte, node.start_byte), names), *body) if names else body
            )
        finally:
            self.functions -= 1
            self.loops, self.before, self.assigned, self.declared = saved

    def parameter(self, node: Node, out: list[f.Parameter], opening: list[f.Statement]) -> None:
        """One parameter; one that takes its argument apart does so at the body's beginning."""
        kind: Any = "positional"
        default = annotation = None
        target: Node | None = node
        assigned = False
        if node.type in ("required_parameter", "optional_parameter"):
            target = node.child_by_field_name("pattern")
            value = node.child_by_field_name("value")
            annotation = self.annotation(node.child_by_field_name("type"))
            decorators = [c for c in node.named_children if c.type == "decorator"]
            if value is not None:
                default = self.expr(value)
            elif decorators:  # @Query("token") token: what the framework puts in
                default = self.expr(decorators[0].named_children[0])
            assigned = any(c.type in ("accessibility_modifier", "readonly") for c in node.children)
        elif node.type == "assignment_pattern":
            target = node.child_by_field_name("left")
            default = self.expr(node.child_by_field_name("right"))
        if target is not None and target.type == "rest_pattern":
            kind = "rest"
            target = target.named_children[0] if target.named_children else None
        if target is None or target.type in ("comment", "this"):
            return
        span = self.span(target)
        if target.type == "identifier":
            name = self.text(target)
        elif target.type in ("object_pattern", "array_pattern"):
            name = f"{{{len(out)}}}"
            opening.append(f.Assign(span, (self.expr(target),), f.Name(span, name)))
        else:
            if target.type == "ERROR":
                self.damage(target)
            return
        out.append(f.Parameter(span, name, default, annotation, kind))
        if assigned:
            field = f.Attribute(span, f.Name(span, "this"), name)
            opening.append(f.Assign(span, (field,), f.Name(span, name)))

    def annotation(self, node: Node | None) -> f.Expression | None:
        """The name of a type; None for types of the language, which tell nothing."""
        while node is not None and node.type in ("type_annotation", "parenthesized_type"):
            node = node.named_children[0] if node.named_children else None
        if node is None:
            return None
        if node.type == "generic_type":
            held = self.held_settings(node.child_by_field_name("type_arguments"))
            return held or self.annotation(node.child_by_field_name("name"))
        if node.type == "type_query":  # what a module is handed on as: ``lib: typeof jwt``
            return self.annotation(node.named_children[0] if node.named_children else None)
        if node.type in ("type_identifier", "identifier"):
            return f.Name(self.span(node), self.text(node))
        if node.type == "nested_type_identifier":
            owner, name = (node.child_by_field_name(n) for n in ("module", "name"))
            base = self.annotation(owner)
            if base is not None and name is not None:
                return f.Attribute(self.span(node), base, self.text(name))
        if node.type in ("object_type", "interface_body"):
            return self.members_of_type(node)
        if node.type == "union_type":
            found = (self.annotation(child) for child in node.named_children)
            return next((one for one in found if one is not None), None)
        return None

    def held_settings(self, arguments: Node | None) -> f.Expression | None:
        """What a type holds that is made of settings: ``ConfigType<typeof jwtConfig>``."""
        held = arguments.named_children[0] if arguments and arguments.named_children else None
        if held is None or held.type != "type_query" or not _SETTINGS.search(self.text(held)):
            return None
        return self.annotation(held)

    def members_of_type(self, node: Node) -> f.Mapping | None:
        """The members of an object whose types have names: ``{ signer: Signer }``."""
        entries: list[tuple[f.Expression | None, f.Expression]] = []
        for member in node.named_children:
            name, given = (member.child_by_field_name(n) for n in ("name", "type"))
            kind = self.annotation(given) if member.type == "property_signature" else None
            if name is not None and kind is not None:
                entries.append((self.key(name), kind))
        return f.Mapping(self.span(node), tuple(entries)) if entries else None

    # -- classes ---------------------------------------------------------------------------------

    def class_statement(self, node: Node, out: list[f.Statement]) -> None:
        name = node.child_by_field_name("name")
        out.append(self.class_(node, DEFAULT if name is None else self.text(name)))

    def class_(self, node: Node, name: str) -> f.Class:
        span = self.span(node)
        body = node.child_by_field_name("body")
        bases = []
        for child in node.named_children:
            if child.type == "class_heritage":
                inner = child.named_children[0] if child.named_children else None
                if inner is not None and inner.type == "extends_clause":
                    inner = inner.child_by_field_name("value")
                if inner is not None and inner.type != "implements_clause":
                    bases.append(f.Argument(self.expr(inner)))
        members: list[f.Statement] = []
        decorators: list[f.Expression] = []
        for child in () if body is None else body.named_children:
            if child.type == "decorator":
                decorators.append(self.expr(child.named_children[0]))
            elif child.type != "comment":
                self.class_member(child, tuple(decorators), members)
                decorators = []
        outer = node.parent if node.parent and node.parent.type == "export_statement" else None
        around = [*(outer.named_children if outer else ()), *node.named_children]
        return f.Class(
            span,
            Span(span.start, span.end if body is None else body.start_byte),
            name,
            tuple(bases),
            tuple(members),
            tuple(self.expr(c.named_children[0]) for c in around if c.type == "decorator"),
        )

    def class_member(
        self, node: Node, decorators: tuple[f.Expression, ...], out: list[f.Statement]
    ) -> None:
        named = node.child_by_field_name("name") or node.child_by_field_name("property")
        key = None if named is None else self.key(named)
        name = str(key.value) if isinstance(key, f.Literal) else ""
        words = {child.type for child in node.children}
        if node.type == "method_definition":
            function = self.function(node, name, method=True)
            if name == "constructor":
                function.name = "__init__"
        elif node.type in ("field_definition", "public_field_definition"):
            own = [
                self.expr(c.named_children[0]) for c in node.named_children if c.type == "decorator"
            ]
            decorators = (*decorators, *own)
            value = node.child_by_field_name("value")
            if value is None or value.type not in FUNCTIONS:
                if name:
                    target = f.Name(self.span(node), name)
                    annotation = self.annotation(node.child_by_field_name("type"))
                    given = None if value is None else self.expr(value, name)
                    out.append(f.Assign(self.span(node), (target,), given, None, annotation))
                return
            function = self.function(value, name, method=True)
        elif node.type == "class_static_block":
            body = node.child_by_field_name("body")
            out.extend(() if body is None else self.block(body.named_children))
            return
        else:
            if node.type == "ERROR":
                self.damage(node)
            return
        function.decorators = decorators
        if "static" in words:
            function.kind = "static"
        elif "get" in words:
            function.kind = "getter"
        out.append(function)

    def enumeration(self, node: Node, out: list[f.Statement]) -> None:
        name, body = (node.child_by_field_name(n) for n in ("name", "body"))
        if name is None or body is None:
            return
        entries: list[tuple[f.Expression | None, f.Expression]] = []
        for child in body.named_children:
            if child.type == "enum_assignment":
                key = self.key(child.child_by_field_name("name"))
                entries.append((key, self.expr(child.child_by_field_name("value"))))
            elif child.type in ("property_identifier", "string"):
                entries.append((self.key(child), f.Opaque(self.span(child))))
        span = self.span(node)
        target = f.Name(self.span(name), self.text(name))
        out.append(f.Assign(span, (target,), f.Mapping(span, tuple(entries))))


def declared_names(statement: f.Statement) -> list[str]:
    """The names that a declaration binds."""
    if isinstance(statement, (f.Function, f.Class)):
        return [statement.name]
    if isinstance(statement, f.Import):
        return [statement.alias]
    if isinstance(statement, f.Assign):
        return [name for target in statement.targets for name in bound_names(target)]
    return []
