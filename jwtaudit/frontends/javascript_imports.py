"""Lowers the imports of JavaScript and TypeScript to facts: ``import`` and ``require``."""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.frontends.javascript_expressions import Expressions

if TYPE_CHECKING:
    from tree_sitter import Node

_DEFAULT = "default"
_WRAPPERS = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
     "await_expression"}
)  # fmt: skip
_PATHS = frozenset({"path.join", "path.resolve", "join", "resolve"})


class Imports(Expressions):
    """The part of the walk that sees what a file takes from others."""

    def required(self, target: Node, value: Node, out: list[f.Statement]) -> bool:
        """``const x = require("m")`` and its like is an import."""
        path: list[str] = []
        value = plain(value)
        while value.type == "member_expression":
            prop, owner = (value.child_by_field_name(n) for n in ("property", "object"))
            if prop is None or owner is None:
                return False
            path.append(self.text(prop))
            value = plain(owner)
        module = self.module_of(value)
        if module is None or len(path) > 1:
            return False
        span = self.span(target)
        name = path[0] if path else None
        if target.type == "identifier":
            out.append(f.Import(span, module, name, self.text(target)))
            return True
        if target.type != "object_pattern" or path:
            return False
        pattern = self.object(target)
        assert isinstance(pattern, f.Mapping)
        if not all(
            isinstance(key, f.Literal) and isinstance(part, f.Name) for key, part in pattern.entries
        ):
            return False
        for key, part in pattern.entries:
            if isinstance(key, f.Literal) and isinstance(part, f.Name):
                out.append(f.Import(part.span, module, str(key.value), part.id))
        return True

    def module_of(self, node: Node) -> str | None:
        """The module that ``require("m")`` or ``import("m")`` names; None for anything else."""
        if node.type != "call_expression":
            return None
        function = node.child_by_field_name("function")
        given = node.child_by_field_name("arguments")
        if function is None or given is None or self.text(function) not in ("require", "import"):
            return None
        arguments = given.named_children
        if len(arguments) != 1:
            return None
        if arguments[0].type == "call_expression":
            return self.path_of(arguments[0])
        value = self.expr(arguments[0]) if arguments[0].type == "string" else None
        return str(value.value) if isinstance(value, f.Literal) else None

    def path_of(self, node: Node) -> str | None:
        """The module at a path that is put together: ``path.join(__dirname, "..", "config")``."""
        function = node.child_by_field_name("function")
        given = node.child_by_field_name("arguments")
        if function is None or given is None or self.text(function) not in _PATHS:
            return None
        first, *rest = (self.expr(part) for part in given.named_children)
        beside = isinstance(first, f.Name) and first.id == "__dirname"
        parts = rest if beside else [first, *rest]
        if not all(isinstance(p, f.Literal) and isinstance(p.value, str) for p in parts):
            return None
        path = normpath("/".join(str(p.value) for p in parts if isinstance(p, f.Literal)))
        # what is not beside this file is below the folder that the program is started in
        return f"./{path}" if beside else f"~/{path}"

    def import_(self, node: Node, out: list[f.Statement]) -> None:
        span = self.span(node)
        source = node.child_by_field_name("source")
        for child in node.named_children:
            if child.type == "import_require_clause":  # import x = require("m")
                names = [self.text(c) for c in child.named_children if c.type == "identifier"]
                source = child.child_by_field_name("source")
                if names and source is not None:
                    out.append(f.Import(span, self.module_name(source), None, names[0]))
                return
        if source is None:
            return
        module = self.module_name(source)
        clauses = [
            c for n in node.named_children if n.type == "import_clause" for c in n.named_children
        ]
        for clause in clauses:
            if clause.type == "identifier":
                out.append(f.Import(self.span(clause), module, _DEFAULT, self.text(clause)))
            elif clause.type == "namespace_import":
                name = clause.named_children[0]
                out.append(f.Import(self.span(clause), module, None, self.text(name)))
            elif clause.type == "named_imports":
                for item in clause.named_children:
                    name_, alias = self.specifier(item)
                    if name_:
                        out.append(f.Import(self.span(item), module, name_, alias))
        if not clauses:
            out.append(f.Import(span, module, None, ""))

    def module_name(self, node: Node) -> str:
        """The module between an import's quotes."""
        value = self.expr(node)
        return str(value.value) if isinstance(value, f.Literal) else ""

    def specifier(self, node: Node) -> tuple[str, str]:
        """``a as b``: the two names."""
        name, alias = (node.child_by_field_name(n) for n in ("name", "alias"))
        if name is None:
            return "", ""
        text = self.text(name).strip("\"'")
        return text, text if alias is None else self.text(alias).strip("\"'")


def plain(node: Node) -> Node:
    """The node without the parentheses, casts and ``await`` around it."""
    while node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node
