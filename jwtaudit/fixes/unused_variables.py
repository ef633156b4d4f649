"""Variables that a repair leaves without a use: what was only read for it goes with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.splices import Splice
from jwtaudit.fixes.unused import is_used, words_taken
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jwtaudit.fixes.layout import Layout

_PYTHON = re.compile(r"(?P<name>\w+)\s*(?::[^=]+)?=(?!=)\s*(?P<given>.+)", re.DOTALL)
_SCRIPT = re.compile(
    r"(?:const|let)\s+(?:(?P<name>[\w$]+)|\{\s*(?:\w+\s*:\s*\{?\s*)*(?P<part>[\w$]+)\s*\}?\s*\})"
    r"\s*(?::[^=]+)?=(?!=)\s*(?P<given>.+)",
    re.DOTALL,
)
# The call itself, or a variable that holds what it gave, and a part of that: .header["alg"]
_GIVEN = re.compile(
    r"(?P<root>[\w$]+|\0)"
    r"(?:!?(?:\??\.\w+(?!\s*\()|\??\.?\[[\"']\w+[\"']\]|\.get\([\"']\w+[\"']\)))*!?;?"
)
_FUNCTION = re.compile(r"(?:async\s+)?def\b")
_CONTINUED = re.compile(r"\\(?:\r\n|[\r\n])")
# A block on the line of its head: def f(t): header = peek(t); ...
_HEAD = re.compile(
    r"(?:async\s+)?(?:class|def|elif|else|except|finally|for|if|try|while|with)\b.*:[ \t]*"
    r"(?=\w+\s*=)"
)
_NEXT = re.compile(r"[ \t]*;[ \t]*(?=[^\s#;])")


def with_unused_variables(
    layout: Layout,
    splices: Iterable[Splice],
    calls: Sequence[Span],
    drop: Callable[[Span], list[Splice]],
) -> list[Splice]:
    """The splices of a repair, and those that take out variables which nothing else uses.

    Args:
        layout: of the file.
        splices: what the repair does.
        calls: those that give what such a variable holds, and do nothing else.
        drop: how a statement is taken out.
    """
    found = list(splices)
    for span, name in reversed(_holding(layout, calls)):  # a part before what it is a part of
        touched = any(s.start <= span.end and span.start <= s.end for s in found)
        if touched or name not in words_taken(layout, found):
            continue
        if not is_used(layout, name, span, found, _region(layout, span)):
            found += _without(layout, span, drop)
    return found


def _holding(layout: Layout, calls: Sequence[Span]) -> list[tuple[Span, str]]:
    """The assignments of what the calls give, and of parts of it, with the variables' names."""
    form = _PYTHON if layout.language == "python" else _SCRIPT
    found: list[tuple[Span, str]] = []
    for statement in layout.statements:
        head = _HEAD.match(layout.text, *statement) if layout.language == "python" else None
        span = Span(head.end() if head else statement.start, statement.end)
        text = layout.text[span.start : span.end]
        for call in calls:
            if span.contains(call):
                at = call.start - span.start
                text = f"{text[:at]}\0{text[at + call.end - call.start :]}"
                break
        assigned = form.fullmatch(_CONTINUED.sub(" ", text))
        given = _GIVEN.fullmatch(_bare(assigned["given"])) if assigned else None
        if assigned is None or given is None:
            continue
        region = _region(layout, span)
        known = {name for other, name in found if region.contains(other)}
        if given["root"] == "\0" or given["root"] in known:
            found.append((span, assigned["name"] or assigned["part"]))
    return found


def _bare(text: str) -> str:
    """An expression without the brackets that only hold it together."""
    text = text.strip()
    while text[:1] == "(" and text[-1:] == ")":
        text = text[1:-1].strip()
    return text


def _region(layout: Layout, span: Span) -> Span:
    """Where a variable that is assigned there can be seen."""
    whole = Span(0, len(layout.text))
    if layout.language != "python":
        around = layout.around(span)
        while around is not None and layout.text[around.start] != "{":
            around = around.parent
        return Span(around.start, around.end) if around else whole
    line = layout.line_start(span.start)
    head = _HEAD.match(layout.text, line + len(layout.indent(line)), span.end)
    if head and _FUNCTION.match(head[0]):
        return Span(line, layout.line_end(span.end))
    indent = len(layout.indent(span.start))
    above = [other for other in layout.statements if other.start < span.start]
    for other in reversed(above):
        if len(layout.indent(other.start)) >= indent:
            continue
        indent = len(layout.indent(other.start))
        if _FUNCTION.match(layout.text, other.start):
            ends = (
                below.start
                for below in layout.statements
                if below.start > span.start and len(layout.indent(below.start)) <= indent
            )
            return Span(other.start, next(ends, whole.end))
    return whole


def _without(layout: Layout, span: Span, drop: Callable[[Span], list[Splice]]) -> list[Splice]:
    start = layout.line_start(span.start)
    above = layout.text[layout.line_start(max(0, start - 1)) : start].strip() if start else ""
    if above.startswith(("#", "//", "*", "/*")):  # which would say something of what follows then
        return []
    if span not in layout.statements:  # the first of a block on the line of its head
        following = _NEXT.match(layout.text, span.end)
        return [Splice(span.start, following.end(), "")] if following else []
    try:
        taken = drop(span)
    except CannotError:
        return []
    return taken if all(not splice.text for splice in taken) else []
