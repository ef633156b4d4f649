"""Where the nodes of the interpreter's own trees stand, as libcst would tell it.

These trees count lines, and columns in bytes of UTF-8; they know no parentheses, and no end of a
header or of a block.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jwtaudit.source import Span

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from jwtaudit.source import Source

_HEADER_END = re.compile(r"(?:#[^\r\n]*|[^:#])*:")
_SUITE = re.compile(r"[ \t]*(?:(?:\\\r?\n)[ \t]*)*(?:#[^\r\n]*)?(?:\r?\n|\Z)|[ \t]*")
_SPACE = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*)*")
_CLOSING = re.compile(r"(?:(?:\s|\\\r?\n|#[^\r\n]*\n)*\))*")
_COMMA = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*\n)*,")
_COMMENT = re.compile(r"#[^\r\n]*")


class TreePlaces:
    """Offsets in one file."""

    def __init__(self, source: Source) -> None:
        self.code = source.text
        self.starts = source.line_starts
        self.is_ascii = source.text.isascii()

    def offset(self, line: int, column: int) -> int:
        """An offset from a line and a column, in bytes of UTF-8."""
        start = self.starts[line - 1]
        if self.is_ascii:
            return start + column
        text = self.code[start : start + column]
        if text.isascii():
            return start + column
        return start + len(self.code[start : start + column].encode()[:column].decode())

    def span(self, node: Any) -> Span:
        """Where a node stands."""
        return Span(
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def whole(self, node: ast.stmt | ast.ExceptHandler) -> Span:
        """Where a statement stands that has blocks: to the end of its last line."""
        last = node.end_lineno or 0
        end = self.starts[last] if last < len(self.starts) else len(self.code)
        return Span(self.offset(node.lineno, node.col_offset), end)

    def header(self, start: int, parts: Iterable[Any]) -> Span:
        """From the start of a definition to where its body's lines begin."""
        ends = [self.span(part).end for part in parts]
        position = max(ends, default=start)
        position = max(position, start)
        colon = _HEADER_END.match(self.code, position)
        end = position if colon is None else colon.end()
        after = _SUITE.match(self.code, end)
        return Span(start, end if after is None else after.end())

    def inside(self, span: Span, last: ast.expr | None) -> Span:
        """What stands in parentheses, up to its last part and a comma behind it."""
        space = _SPACE.match(self.code, span.start + 1, span.end - 1)
        start = span.start + 1 if space is None else space.end()
        if last is None:
            return Span(start, start)
        end = self.closed(last, span.end - 1)
        comma = _COMMA.match(self.code, end, span.end - 1)
        return Span(start, end if comma is None else comma.end())

    def closed(self, node: ast.expr, limit: int) -> int:
        """Where an expression ends, with the parentheses around it."""
        end = self.span(node).end
        closing = _CLOSING.match(self.code, end, limit)
        return end if closing is None else closing.end()

    def has_parentheses(self, node: ast.Tuple) -> bool:
        """Whether a tuple stands in parentheses, which belong to its position then."""
        span = self.span(node)
        if self.code[span.start] != "(" or self.code[span.end - 1] != ")":
            return False
        if not node.elts:
            return True
        first = self.span(node.elts[0])
        opened = sum(1 for c in _COMMENT.sub("", self.code[span.start : first.start]) if c == "(")
        rest = _COMMENT.sub("", self.code[first.end : span.end])
        return opened > rest.partition(",")[0].count(")")
