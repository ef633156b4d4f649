"""Classes as they were written before there were any: a function, and what its prototype holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "function", "generator_function"}
)  # fmt: skip


class Prototypes:
    """The constructors among some statements, and their methods.

    Attributes:
        methods: constructor's name -> its methods: name, function.
        parts: where the statements begin that only give methods.
    """

    def __init__(self, nodes: Sequence[Node], source: str) -> None:
        self._source = source
        self.methods: dict[str, list[tuple[str, Node]]] = {}
        self.parts: set[int] = set()
        constructors = {name for node in nodes for name, _ in self._constructors(node)}
        for node in nodes:
            given = list(self._given(node))
            if given and all(owner in constructors for owner, _, _ in given):
                self.parts.add(node.start_byte)
                for owner, name, function in given:
                    self.methods.setdefault(owner, []).append((name, function))

    def of(self, node: Node) -> tuple[str, Node, list[tuple[str, Node]]] | None:
        """What a statement makes, if that is a constructor: its name, it, and its methods."""
        for name, function in self._constructors(node):
            if name in self.methods:
                return name, function, self.methods[name]
        return None

    def _constructors(self, node: Node) -> Iterator[tuple[str, Node]]:
        if node.type == "export_statement" and (inner := node.child_by_field_name("declaration")):
            node = inner
        if node.type == "function_declaration":
            yield self._text(node.child_by_field_name("name")), node
        elif node.type in ("variable_declaration", "lexical_declaration"):
            declared = [c for c in node.named_children if c.type == "variable_declarator"]
            value = declared[0].child_by_field_name("value") if len(declared) == 1 else None
            if value is not None and value.type in FUNCTIONS - {"arrow_function"}:
                yield self._text(declared[0].child_by_field_name("name")), value

    def _given(self, node: Node) -> Iterator[tuple[str, str, Node]]:
        """Owner, name and function of the methods that a statement gives to a prototype."""
        inner = node.named_children[0] if node.type == "expression_statement" else None
        if inner is None:
            return
        if inner.type == "call_expression":  # Object.assign(Owner.prototype, { ... })
            arguments = inner.child_by_field_name("arguments")
            given = arguments.named_children if arguments else []
            called = self._text(inner.child_by_field_name("function"))
            if called == "Object.assign" and len(given) == 2:
                yield from self._members(self._owner(given[0]), given[1])
            return
        if inner.type != "assignment_expression":
            return
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if left is None or right is None or left.type != "member_expression":
            return
        if owner := self._owner(left):  # Owner.prototype = { ... }
            yield from self._members(owner, right)
        elif owner := self._owner(left.child_by_field_name("object")):
            while right.type == "assignment_expression" and (
                value := right.child_by_field_name("right")
            ):
                right = value
            if right.type in FUNCTIONS:
                yield owner, self._text(left.child_by_field_name("property")), right

    def _owner(self, node: Node | None) -> str:
        """``Owner`` of ``Owner.prototype``."""
        if node is None or node.type != "member_expression":
            return ""
        owner = node.child_by_field_name("object")
        is_prototype = self._text(node.child_by_field_name("property")) == "prototype"
        return self._text(owner) if is_prototype and owner and owner.type == "identifier" else ""

    def _members(self, owner: str, node: Node) -> Iterator[tuple[str, str, Node]]:
        for child in node.named_children if owner and node.type == "object" else ():
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "method_definition":
                yield owner, self._text(child.child_by_field_name("name")), child
            elif value is not None and value.type in FUNCTIONS:
                yield owner, self._text(key).strip("\"'"), value

    def _text(self, node: Node | None) -> str:
        return "" if node is None else self._source[node.start_byte : node.end_byte]
