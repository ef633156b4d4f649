"""What is hidden of an expression: its smallest part that holds something so called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.splices import Splice
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jwtaudit.fixes.layout import Layout, Token

MASK = "***"
_FORMATTED = re.compile(r"[rR]?[fF][rR]?[\"']")
_SUBSCRIPT = re.compile(r"[\w\])]\Z")
_ADDED = re.compile(r"(?<!\"\")(?<!'')([\"'`])\s*\+\s*\Z")
# A text with one place to fill in, which that is: "of %s" % token
_FILLED = re.compile(
    r"(?<![\w\"'])([\"'])(?:(?!\1)[^%\\\r\n])*(%[sr])((?:(?!\1)[^%\\\r\n])*)\1\s*%\s*\Z"
)
_FORMATS = re.compile(r"\.\s*format\s*\Z")
# Between operands of one of these, another one is left as it is.
_ADDS = frozenset({"+", "%"})
_DECIDES = frozenset(
    {"and", "or", "if", "else", "for", "in", "not", "is", "lambda", "?", "=>", "?."}
)


class _Unit(NamedTuple):
    """What is hidden; what a value is called goes on being said."""

    span: Span
    text: str = ""  # empty for the mask as a literal
    prefix: Span | None = None  # a letter that says nothing any more


def masked(layout: Layout, span: Span, names: Collection[str], literal: str) -> list[Splice]:
    """Put a mask in the place of each part of an expression that holds something so called.

    Args:
        layout: of the file.
        span: the expression.
        names: what variables, attributes and keys may be called that hold it.
        literal: the mask as it is written.

    Raises:
        CannotError: nothing is so called, or nothing but that is there.
    """
    units = [
        unit for token in layout.tokens for unit in _units(layout, token, span, names, literal)
    ]
    outer = [
        u for u in units if not any(o.span != u.span and o.span.contains(u.span) for o in units)
    ]
    if not outer or any(unit.span == span for unit in outer):
        raise CannotError
    splices = {_written(layout, unit, literal) for unit in outer}
    splices |= {Splice(*unit.prefix, "") for unit in outer if unit.prefix}
    return sorted(splices)


def _written(layout: Layout, unit: _Unit, literal: str) -> Splice:
    """The mask in its place; what is added to a text goes into that: "made " + token."""
    if not unit.text:
        before = _ADDED.search(layout.text, 0, unit.span.start)
        if before and layout.in_string(before.start(), before.start()):
            return Splice(before.start(), unit.span.end, f"{MASK}{before[1]}")
        filled = _FILLED.search(layout.text, 0, unit.span.start)
        if filled and layout.in_string(filled.start(2), filled.end(2)):
            return Splice(filled.start(2), unit.span.end, f"{MASK}{filled[3]}{filled[1]}")
    return Splice(*unit.span, unit.text or literal)


def _units(
    layout: Layout, token: Token, span: Span, names: Collection[str], literal: str
) -> Iterator[_Unit]:
    at = Span(token.start, token.end)
    written = layout.text[token.start : token.end]
    if not span.contains(at):
        return
    if token.kind == "string":
        if written[0] == "`" or (layout.language == "python" and _FORMATTED.match(written)):
            yield from _fields(layout, token, names)
        elif written[1:-1] in names and _is_looked_up(layout, at):
            yield _around(layout, at, span, literal)
    elif token.kind == "word" and written in names and not _is_a_name_for_it(layout, at):
        yield _around(layout, at, span, literal)


def _fields(layout: Layout, token: Token, names: Collection[str]) -> Iterator[_Unit]:
    """The fields of a text that are filled in with something so called."""
    text = layout.text[token.start : token.end]
    begin = "${" if text[0] == "`" else "{"
    named = re.compile(rf"(?<![\w$])(?:{'|'.join(map(re.escape, names))})(?![\w$])")
    found, left, at = [], False, 0
    while (start := text.find(begin, at)) >= 0:
        if begin == "{" and text[start : start + 2] == "{{":
            left, at = True, start + 2
            continue
        depth, end = 0, start
        for end in range(start, len(text)):
            depth += (text[end] == "{") - (text[end] == "}")
            if depth == 0 and text[end] == "}":
                break
        if named.search(text, start, end):
            found.append(Span(token.start + start, token.start + end + 1))
        else:
            left = True
        at = end + 1
    letter = re.match(r"[fF]", text)
    bare = found and letter and not left and "}}" not in text
    prefix = Span(token.start, token.start + 1) if bare else None
    yield from (_Unit(field, MASK, prefix) for field in found)


def _is_looked_up(layout: Layout, at: Span) -> bool:
    """Whether a text is the key of something: answer["token"], headers.get("authorization")."""
    group = layout.around(at)
    if group is None or layout.text[group.start] == "{":
        return False
    before = layout.text[: group.start].rstrip()
    is_subscript = layout.text[group.start] == "[" and _SUBSCRIPT.search(before)
    return bool(is_subscript or re.search(r"\.get(?:Header)?\Z|\bgetattr\Z|\.header\Z", before))


def _is_a_name_for_it(layout: Layout, at: Span) -> bool:
    """Whether a word only says what a value is called: f(token=...), { token: ... }."""
    behind = layout.text[at.end : at.end + 40].lstrip()
    if re.match(r"=(?!=)|\(", behind):
        return True
    group = layout.around(at)
    items = layout.items(group) if group and layout.text[group.start] == "{" else ()
    return any(item.key.start < item.key.end and item.key.contains(at) for item in items)


def _around(layout: Layout, at: Span, span: Span, literal: str) -> _Unit:
    """The smallest part around a word that is a value of its own."""
    group = layout.around(at)
    while group is not None and group.start >= span.start:
        text, sign = layout.text, layout.text[group.start]
        item = next((i for i in layout.items(group) if i.span.contains(at)), None)
        before = text[: group.start].rstrip()
        is_display = sign == "{" or (sign == "[" and not _SUBSCRIPT.search(before))
        is_tuple = sign == "(" and not layout.is_call(group) and not layout.is_bare(group)
        if item is not None and (is_display or is_tuple or _FORMATS.search(before)):
            if sign == "{" and layout.language == "javascript" and item.span == at:  # { token }
                return _Unit(item.span, f"{text[at.start : at.end]}: {literal}")
            return _Unit(_operand(layout, at, item.value))
        if item is not None and layout.is_bare(group):
            operand = _operand(layout, at, item.span)
            if operand != item.span:
                return _Unit(operand)
        at = Span(group.start, group.end)
        group = group.parent
    return _Unit(_operand(layout, at, span))


def _operand(layout: Layout, at: Span, whole: Span) -> Span:
    """The operand of an addition that holds a place; the whole where it decides something."""
    ends, depth = [], 0
    for token in layout.tokens:
        if token.end <= whole.start or token.start >= whole.end:
            continue
        written = layout.text[token.start : token.end]
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0 and token.kind in ("word", "operator"):
            if written in _DECIDES:
                return whole
            if written in _ADDS:
                ends.append((token.start, token.end))
    start, end = whole
    for left, right in ends:
        if right <= at.start:
            start = right
        elif left >= at.end:
            end = min(end, left)
    text = layout.text[start:end]
    return Span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
