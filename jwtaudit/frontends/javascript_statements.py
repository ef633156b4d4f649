"""Lowers the statements of JavaScript and TypeScript to facts.

``require`` and ``import`` become the same imports, ``exports`` and ``export`` the same exports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.frontends.javascript_definitions import DEFAULT, Definitions, declared_names
from jwtaudit.frontends.javascript_expressions import MAX_DEPTH, bound_names, target_name
from jwtaudit.frontends.javascript_imports import plain
from jwtaudit.frontends.javascript_prototypes import FUNCTIONS, Prototypes
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Node


class Statements(Definitions):
    """One walk over one file's tree.

    Args:
        text: the file's text.
        omit: tells by its beginning whether a function's body is left out.
    """

    def __init__(self, text: str, *, omit: Callable[[int], bool] | None = None) -> None:
        super().__init__(text, omit=omit)
        self.stars = 0

    # -- blocks ----------------------------------------------------------------------------------

    def module(self, nodes: list[Node]) -> tuple[f.Statement, ...]:
        """A file; what it declares by ``let`` its functions, or a component's markup, may set."""
        names = {
            self.text(name)
            for node in nodes
            for inner in (node, *(node.named_children if node.type == "export_statement" else ()))
            if inner.type == "lexical_declaration" and self.text(inner).startswith("let")
            for declarator in inner.named_children
            if (name := declarator.child_by_field_name("name")) and name.type == "identifier"
        }
        end = Span(len(self.source), len(self.source))
        return (*self.block(nodes), *([f.Scope(end, tuple(sorted(names)))] if names else ()))

    def block(self, nodes: Iterable[Node]) -> tuple[f.Statement, ...]:
        """Statements in order; inside a function, those it declares are known from the start."""
        out: list[f.Statement] = []
        if not self.functions and not self.depth and ".prototype" in self.source:
            nodes = self.constructors(list(nodes), out)
        for node in nodes:
            self.statement(node, out)
        if self.functions:
            declared = [s for s in out if isinstance(s, f.Function) and s is not out[0]]
            return (*declared, *out)
        return tuple(out)

    def constructors(self, nodes: list[Node], out: list[f.Statement]) -> list[Node]:
        """Lower the functions with a prototype as the classes that they are; give the rest."""
        found = Prototypes(nodes, self.source)
        rest: list[Node] = []
        for node in nodes:
            made = found.of(node)
            if made is None:
                rest += [] if node.start_byte in found.parts else [node]
                continue
            name, function, methods = made
            first = self.function(function, "__init__", method=True)
            members = [self.function(method, called, method=True) for called, method in methods]
            span = self.span(function)
            out.append(f.Class(span, first.header, name, (), (first, *members)))
            if node.type == "export_statement":
                bound = f.Name(span, name)
                is_default = any(child.type == "default" for child in node.children)
                out.append(f.Export(span, DEFAULT if is_default else name, bound))
        return rest

    def body(self, node: Node | None) -> tuple[f.Statement, ...]:
        """A block, or the one statement that stands for it."""
        if node is None:
            return ()
        return self.block(node.named_children if node.type == "statement_block" else [node])

    def statement(self, node: Node, out: list[f.Statement]) -> None:
        """Lower one statement."""
        method = _STATEMENTS.get(node.type)
        if method is None:
            return
        if self.depth > MAX_DEPTH:
            self.damage(node)
            return
        outer, self.before = self.before, []
        self.depth += 1
        try:
            made: list[f.Statement] = []
            method(self, node, made)
            out.extend(self.before)
            out.extend(made)
        finally:
            self.depth -= 1
            self.before = outer

    def nested(self, node: Node, out: list[f.Statement]) -> None:
        out.extend(self.body(node))

    def broken(self, node: Node, out: list[f.Statement]) -> None:
        """What the parser did not understand: whatever inside it is whole still counts."""
        self.damage(node)
        for child in node.named_children:
            if child.type in _STATEMENTS:
                self.statement(child, out)
            else:
                value = self.expr(child)
                if not isinstance(value, (f.Name, f.Literal)):
                    out.append(f.Evaluate(self.span(child), value))

    # -- declarations and assignments ------------------------------------------------------------

    def declaration(self, node: Node, out: list[f.Statement]) -> None:
        for child in node.named_children:
            if child.type == "variable_declarator":
                self.declarator(child, out)

    def type_alias(self, node: Node, out: list[f.Statement]) -> None:
        """Another name of a type, ``type Jwt = typeof jwt``, or the name of one of objects."""
        name, value, body = (node.child_by_field_name(n) for n in ("name", "value", "body"))
        value = value or body
        meant = None if value is None or value.type == "union_type" else self.annotation(value)
        if name is not None and meant is not None:
            target = f.Name(self.span(name), self.text(name))
            out.append(f.Assign(self.span(node), (target,), meant))

    def declarator(self, node: Node, out: list[f.Statement]) -> None:
        target = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if target is None:
            return
        lowered = self.expr(target)
        self.declared.update(bound_names(lowered))
        if value is not None and self.required(target, value, out):
            return
        if isinstance(lowered, f.Name) and value is not None:
            inner = plain(value)
            if inner.type in FUNCTIONS:
                out.append(self.function(inner, lowered.id))
                return
            if inner.type == "class":
                out.append(self.class_(inner, lowered.id))
                return
        annotation = self.annotation(node.child_by_field_name("type"))
        given = None if value is None else self.expr(value, target_name(lowered))
        out.append(f.Assign(self.span(node), (lowered,), given, None, annotation))

    def evaluate(self, node: Node, out: list[f.Statement]) -> None:
        inner = node.named_children[0] if node.named_children else None
        if inner is None:
            return
        if inner.type == "assignment_expression":
            self.assign(node, inner, out)
            return
        if inner.type == "internal_module":
            self.namespace(inner, out)
            return
        if inner.type == "sequence_expression":
            out.extend(f.Evaluate(self.span(n), self.expr(n)) for n in inner.named_children)
            return
        if inner.type == "update_expression":
            argument = inner.child_by_field_name("argument")
            target, span = self.target(argument), self.span(inner)
            sign = self.operator(inner)[:1]
            out.append(f.Assign(span, (target,), f.Literal(span, 1), sign))
            return
        if inner.type == "augmented_assignment_expression":
            bind = self.augmented(inner)
            assert isinstance(bind, f.Bind)
            out.append(f.Assign(bind.span, (bind.target,), bind.value))
            return
        if inner.type == "yield_expression":
            given = self.expr(inner.named_children[0]) if inner.named_children else None
            out.append(f.Return(self.span(inner), given, "yield"))
            return
        if inner.type == "unary_expression" and self.operator(inner) == "delete":
            target = self.expr(inner.child_by_field_name("argument"))
            if isinstance(target, f.Attribute):
                key = f.Literal(target.span, target.name)
                target = f.Item(target.span, target.object, key)
            out.append(f.Delete(self.span(node), target))
            return
        value = self.expr(inner)
        out.append(f.Evaluate(self.span(inner), value))

    def assign(self, node: Node, inner: Node, out: list[f.Statement]) -> None:
        targets: list[f.Expression] = []
        value: Node | None = inner
        while value is not None and value.type == "assignment_expression":
            targets.append(self.target(value.child_by_field_name("left")))
            value = value.child_by_field_name("right")
        span = self.span(inner)
        name = next((n for n in map(target_name, targets) if n not in ("", "exports")), "")
        given = self.expr(value, name)
        plain: list[f.Expression] = []
        exported: list[f.Statement] = []
        for target in targets:
            if isinstance(target, f.Name) and target.id == "exports":
                exported.append(f.Export(span, None, given))
            elif (
                isinstance(target, f.Attribute)
                and isinstance(target.object, f.Name)
                and target.object.id == "exports"
            ):
                exported.append(f.Export(span, target.name, given))
            else:
                plain.append(target)
        if plain:
            out.append(f.Assign(span, tuple(plain), given))
            if isinstance(plain[0], (f.Name, f.Attribute)):
                for export in exported:
                    assert isinstance(export, f.Export)
                    export.value = plain[0]
        out.extend(exported)

    # -- control flow ----------------------------------------------------------------------------

    def return_(self, node: Node, out: list[f.Statement]) -> None:
        value = self.expr(node.named_children[0]) if node.named_children else None
        if self.functions:
            out.append(f.Return(self.span(node), value))
        elif value is not None:  # an inline handler's
            out.append(f.Evaluate(self.span(node), value))

    def raise_(self, node: Node, out: list[f.Statement]) -> None:
        value = self.expr(node.named_children[0]) if node.named_children else None
        out.append(f.Raise(self.span(node), value))

    def jump(self, node: Node, out: list[f.Statement]) -> None:
        kind = "continue" if node.type == "continue_statement" else "break"
        if kind == "break" and self.loops and not self.loops[-1]:
            kind = "pass"  # out of a switch, whose cases are branches
        out.append(f.Jump(self.span(node), kind))

    def if_(self, node: Node, out: list[f.Statement]) -> None:
        alternative = node.child_by_field_name("alternative")
        otherwise = (
            alternative.named_children[0] if alternative and alternative.named_children else None
        )
        out.append(
            f.If(
                self.span(node),
                self.expr(node.child_by_field_name("condition")),
                self.body(node.child_by_field_name("consequence")),
                self.body(otherwise),
            )
        )

    def inside(self, node: Node | None, *, loop: bool) -> tuple[f.Statement, ...]:
        """The body of a loop or of a switch's case."""
        self.loops.append(loop)
        try:
            return self.body(node)
        finally:
            self.loops.pop()

    def for_(self, node: Node, out: list[f.Statement]) -> None:
        first = node.child_by_field_name("initializer")
        if first is not None:
            self.statement(first, out)
        condition = node.child_by_field_name("condition")
        step = node.child_by_field_name("increment")
        test = None
        if condition is not None and condition.type != "empty_statement":
            inner = (
                condition.named_children[0]
                if condition.type == "expression_statement"
                else condition
            )
            test = self.expr(inner)
        body = list(self.inside(node.child_by_field_name("body"), loop=True))
        if step is not None:
            body.append(f.Evaluate(self.span(step), self.expr(step)))
        out.append(f.Loop(self.span(node), None, None, test, tuple(body), ()))

    def for_in(self, node: Node, out: list[f.Statement]) -> None:
        iterable = self.expr(node.child_by_field_name("right"))
        target = self.expr(node.child_by_field_name("left"))
        self.declared.update(bound_names(target))
        if self.operator(node) == "in":  # the names of the properties
            iterable = f.Opaque(iterable.span, (iterable,))
        out.append(
            f.Loop(
                self.span(node),
                target,
                iterable,
                None,
                self.inside(node.child_by_field_name("body"), loop=True),
                (),
            )
        )

    def while_(self, node: Node, out: list[f.Statement]) -> None:
        test = self.expr(node.child_by_field_name("condition"))
        body = self.inside(node.child_by_field_name("body"), loop=True)
        out.append(f.Loop(self.span(node), None, None, test, body, ()))

    def switch(self, node: Node, out: list[f.Statement]) -> None:
        """A switch as a chain of branches; cases without a body share the next one's."""
        subject = self.expr(node.child_by_field_name("value"))
        asks = isinstance(subject, f.Literal) and subject.value is True  # `switch (true)`
        body = node.child_by_field_name("body")
        cases: list[tuple[Node, f.Expression | None, tuple[f.Statement, ...]]] = []
        tests: list[f.Expression] = []
        self.loops.append(False)
        for case in () if body is None else body.named_children:
            value = case.child_by_field_name("value")
            if case.type == "switch_case" and value is not None:
                wanted = self.expr(value)
                same = f.Compare(self.span(value), "==", subject, wanted)
                tests.append(wanted if asks else same)
            statements = case.children_by_field_name("body")
            if case.type == "switch_default":
                cases.append((case, None, self.block(statements)))
                tests = []
            elif statements and tests:
                either = tests[0]
                for other in tests[1:]:
                    either = f.Logical(either.span, "or", either, other)
                cases.append((case, either, self.block(statements)))
                tests = []
        self.loops.pop()
        chain: tuple[f.Statement, ...] = next((b for _, test, b in cases if test is None), ())
        for case, test, block in reversed(cases):
            if test is not None:
                chain = (f.If(self.span(case), test, block, chain),)
        out.extend(chain)

    def try_(self, node: Node, out: list[f.Statement]) -> None:
        handlers = []
        caught = node.child_by_field_name("handler")
        if caught is not None:
            parameter = caught.child_by_field_name("parameter")
            name = self.text(parameter) if parameter and parameter.type == "identifier" else None
            body = self.body(caught.child_by_field_name("body"))
            handlers.append(f.Handler(self.span(caught), (), name, body))
        final = node.child_by_field_name("finalizer")
        out.append(
            f.Try(
                self.span(node),
                self.body(node.child_by_field_name("body")),
                tuple(handlers),
                (),
                () if final is None else self.body(final.child_by_field_name("body")),
            )
        )

    def labelled(self, node: Node, out: list[f.Statement]) -> None:
        out.extend(self.body(node.child_by_field_name("body")))

    def namespace(self, node: Node, out: list[f.Statement]) -> None:
        """A namespace: what it holds counts, as if it stood around it."""
        if any(child.type == "declare" for child in node.children):
            return
        for child in node.named_children:
            if child.type in ("internal_module", "module"):
                self.namespace(child, out)
        body = self.body(node.child_by_field_name("body"))
        out.extend(body)
        name = node.child_by_field_name("name")
        given = tuple(
            (f.Literal(e.span, e.name), e.value) for e in body if isinstance(e, f.Export) and e.name
        )
        if name is not None and name.type == "identifier" and given:
            target = f.Name(self.span(name), self.text(name))
            out.append(f.Assign(self.span(node), (target,), f.Mapping(self.span(node), given)))

    # -- exports ---------------------------------------------------------------------------------

    def export(self, node: Node, out: list[f.Statement]) -> None:
        span = self.span(node)
        declaration, value, source = (
            node.child_by_field_name(n) for n in ("declaration", "value", "source")
        )
        module = None if source is None else self.module_name(source)
        is_default = any(child.type == "default" for child in node.children)
        if declaration is not None:
            made: list[f.Statement] = []
            self.statement(declaration, made)
            out.extend(made)
            for statement in made:
                for name in declared_names(statement):
                    bound = f.Name(span, name)
                    out.append(f.Export(span, DEFAULT if is_default else name, bound))
        elif value is not None:
            out.append(f.Export(span, DEFAULT, self.expr(value, DEFAULT)))
        elif any(child.type == "=" for child in node.children):  # export = value
            out.append(f.Export(span, None, self.expr(node.named_children[-1])))
        for child in node.named_children:
            if child.type == "namespace_export" and module is not None:
                name = self.text(child.named_children[0]).strip("\"'")
                out.append(_passed_on(span, module, None, name))
            elif child.type == "export_clause":
                for item in child.named_children:
                    name, alias = self.specifier(item)
                    if not name:
                        continue
                    if module is not None:
                        out.append(_passed_on(self.span(item), module, name, alias))
                    else:
                        out.append(f.Export(span, alias, f.Name(self.span(item), name)))
        if module is not None and any(child.type == "*" for child in node.children):
            out.append(_passed_on(span, module, None, f"*{self.stars}"))
            self.stars += 1


def _passed_on(span: Span, module: str, name: str | None, alias: str) -> f.Import:
    """An export of what another module gives: an import that binds no variable."""
    return f.Import(span, module, name, f"exports.{alias}")


_STATEMENTS: dict[str, Callable[[Statements, Node, list[f.Statement]], None]] = {
    "lexical_declaration": Statements.declaration,
    "variable_declaration": Statements.declaration,
    "function_declaration": Statements.function_statement,
    "generator_function_declaration": Statements.function_statement,
    "class_declaration": Statements.class_statement,
    "abstract_class_declaration": Statements.class_statement,
    "expression_statement": Statements.evaluate,
    "if_statement": Statements.if_,
    "for_statement": Statements.for_,
    "for_in_statement": Statements.for_in,
    "while_statement": Statements.while_,
    "do_statement": Statements.while_,
    "switch_statement": Statements.switch,
    "try_statement": Statements.try_,
    "throw_statement": Statements.raise_,
    "return_statement": Statements.return_,
    "break_statement": Statements.jump,
    "continue_statement": Statements.jump,
    "labeled_statement": Statements.labelled,
    "statement_block": Statements.nested,
    "import_statement": Statements.import_,
    "export_statement": Statements.export,
    "enum_declaration": Statements.enumeration,
    "type_alias_declaration": Statements.type_alias,
    "interface_declaration": Statements.type_alias,
    "internal_module": Statements.namespace,
    "module": Statements.namespace,
    "ERROR": Statements.broken,
}
