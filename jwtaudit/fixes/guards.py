"""A key that is assigned only where there is none: ``if not KEY: KEY = "..."``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.variables import behind_head
from jwtaudit.source import Span

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Layout

_TARGET = re.compile(r"([\w$][\w$.]*)\s*(?::[^=]+)?=(?:\s|\\[\r\n])*")
_MISSING = {
    "python": r"not\s+NAME(?![\w.(\[])|(?<![\w.])NAME\s+is\s+None\b"
    r"|(?<![\w.])NAME\s*==\s*(?:\"\"|'')",
    "javascript": r"!\s*NAME(?![\w.$(\[])|(?<![\w.$])NAME\s*={2,3}\s*(?:undefined\b|null\b|\"\"|'')"
    r"|typeof\s+NAME\s*={2,3}\s*[\"']undefined[\"']",
}
_OR = {"python": r"\bor\b", "javascript": r"\|\||\?"}
_IF = {
    "python": re.compile(r"(?:el)?if\b(.+):\s*\Z", re.DOTALL),
    "javascript": re.compile(r"\bif\s*\(([^{};]+)\)\s*\{?\s*\Z"),
}


class Fallback(NamedTuple):
    """The statement that assigns a fallback, and what it assigns to."""

    statement: Span
    target: str


def fallback_at(layout: Layout, span: Span) -> Fallback | None:
    """The statement with which the literal at a place stands in for a missing value."""
    missing = _MISSING.get(layout.language)
    statement = layout.statement(span.start)
    span = layout.bracketed(span)
    if missing is None or statement is None or statement.end != span.end:
        return None
    start = _behind_condition(layout, statement)
    assigned = _TARGET.fullmatch(layout.text, start, span.start)
    if assigned is None:
        return None
    head = _IF[layout.language].search(_head(layout, statement, start))
    tested = missing.replace("NAME", re.escape(assigned[1]))
    if head is None or not re.search(tested, head[1]):
        return None
    if re.search(_OR[layout.language], head[1]):
        return None
    return Fallback(Span(start, statement.end), assigned[1])


def _behind_condition(layout: Layout, statement: Span) -> int:
    """Where the assignment begins in a statement that may be a branch on one line."""
    head = re.compile(r"if\s*(?=\()").match(layout.text, statement.start)
    condition = layout.starting(head.end()) if head else None
    if layout.language == "javascript" and condition is not None:
        behind = re.compile(r"\s*").match(layout.text, condition.end)
        return behind.end() if behind else condition.end
    return behind_head(layout, statement)


def _head(layout: Layout, statement: Span, start: int) -> str:
    """What stands before the block of a statement, or before itself."""
    text = layout.text
    if start > statement.start:
        return text[statement.start : start]
    if layout.language == "javascript":
        block = layout.around(statement)
        is_block = block is not None and text[block.start] == "{"
        own = text[layout.line_start(start) : start]
        return text[: block.start + 1] if block and is_block and not own.strip() else own
    indent = len(layout.indent(start))
    for span in reversed(layout.statements):
        if span.start < start and len(layout.indent(span.start)) < indent:
            return text[span.start : span.end]
    return ""
