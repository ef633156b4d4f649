"""The names and literals of JavaScript, and what every node has: a place and a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.frontends import TEXT_NEEDLES
from jwtaudit.frontends.javascript_literals import number, unescape
from jwtaudit.frontends.markup import HOLE
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_HOLES = re.compile(f"{HOLE}+")
# Types, comments: nothing of it is there when the program runs.
NO_VALUE = frozenset(
    {"comment", "html_comment", "type_annotation", "type_arguments", "type_identifier",
     "predefined_type", "literal_type", "generic_type", "union_type", "object_type", "array_type",
     "jsx_text", "type_query", "intersection_type", "function_type", "tuple_type", "lookup_type",
     "escape_sequence", "string_fragment", "jsx_namespace_name", "statement_identifier"}
)  # fmt: skip


class Texts:
    """One walk over one file's tree: what stands there as a text.

    Args:
        text: the file's text, whose characters the tree's offsets count.
    """

    def __init__(self, text: str) -> None:
        self.source = text
        self.damaged_at: int | None = None
        self.texts: list[f.TextFact] = []

    def expr(self, node: Node | None, name: str = "") -> f.Expression:
        """An expression, as the subclass lowers it."""
        raise NotImplementedError

    def span(self, node: Node) -> Span:
        """Where a node stands."""
        return Span(node.start_byte, node.end_byte)

    def text(self, node: Node) -> str:
        """A node's own text."""
        return self.source[node.start_byte : node.end_byte]

    def damage(self, node: Node) -> None:
        """Remember that something here could not be understood."""
        if self.damaged_at is None or node.start_byte < self.damaged_at:
            self.damaged_at = node.start_byte

    def name(self, node: Node) -> f.Expression:
        text = self.text(node)
        if text.startswith(HOLE):
            return f.Opaque(self.span(node))
        return f.Name(self.span(node), text)

    def literal(self, node: Node) -> f.Expression:
        return f.Literal(self.span(node), _LITERALS[node.type])

    def number(self, node: Node) -> f.Expression:
        value = number(self.text(node))
        return f.Opaque(self.span(node)) if value is None else f.Literal(self.span(node), value)

    def string(self, node: Node) -> f.Expression:
        span = self.span(node)
        inner = self.source[span.start + 1 : span.end - 1]
        if HOLE in inner:
            return f.Text(span, tuple(self.filled(span)))
        value = unescape(inner) if "\\" in inner else inner
        self.keep_text(span, value, raw=value == inner, offset=1)
        return f.Literal(span, value)

    def filled(self, span: Span) -> Iterator[f.Expression]:
        """The parts of a string that a template fills in."""
        at, end = span.start + 1, span.end - 1
        for hole in _HOLES.finditer(self.source, at, end):
            if at < hole.start():
                yield f.Literal(Span(at, hole.start()), self.source[at : hole.start()])
            yield f.Opaque(Span(*hole.span()))
            at = hole.end()
        if at < end:
            yield f.Literal(Span(at, end), self.source[at:end])

    def keep_text(self, span: Span, value: str, *, raw: bool = False, offset: int = 0) -> None:
        """Keep a string for the rules that read texts, if they may want it."""
        if len(value) > 8 and any(needle in value for needle in TEXT_NEEDLES):
            self.texts.append(f.TextFact(span, value, raw=raw, offset=offset))

    def template_string(self, node: Node) -> f.Expression:
        span = self.span(node)
        parts: list[f.Expression] = []
        at = span.start + 1
        before = len(self.texts)
        for child in node.named_children:
            if child.type == "template_substitution":
                self._fragment(Span(at, child.start_byte), parts)
                parts.append(self.expr(first(child)))
                at = child.end_byte
        self._fragment(Span(at, span.end - 1), parts)
        if not parts:
            return f.Literal(span, "")
        if len(parts) == 1 and isinstance(parts[0], f.Literal) and isinstance(parts[0].value, str):
            value = parts[0].value
            raw = value == self.source[span.start + 1 : span.end - 1]
            self.keep_text(span, value, raw=raw, offset=1)
            return f.Literal(span, value)
        if len(parts) == 1:  # the text of what is there, or is not
            return f.Text(span, (parts[0],))
        del self.texts[before:]
        self.keep_text(span, _whole(parts))
        return f.Text(span, tuple(parts))

    def _fragment(self, span: Span, parts: list[f.Expression]) -> None:
        if span.start < span.end:
            parts.append(f.Literal(span, unescape(self.source[span.start : span.end])))

    def regex(self, node: Node) -> f.Expression:
        span = self.span(node)
        pattern = node.child_by_field_name("pattern")
        given = f.Literal(span, "" if pattern is None else self.text(pattern))
        return f.Call(span, f.Name(span, "RegExp"), (f.Argument(given),))


def first(node: Node) -> Node | None:
    """The first child that has a value."""
    for child in node.named_children:
        if child.type not in NO_VALUE:
            return child
    return None


def _whole(parts: list[f.Expression]) -> str:
    return "".join(
        p.value if isinstance(p, f.Literal) and isinstance(p.value, str) else "\ufffc"
        for p in parts
    )
