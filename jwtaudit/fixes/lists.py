"""Adding to and taking from what stands between brackets: arguments, elements, entries.

Every function gives the splices that do it, on the text as it stands.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from jwtaudit.fixes.folding import below, foldable, on_own_line
from jwtaudit.fixes.splices import Splice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtaudit.fixes.layout import Group, Item, Layout


def append(layout: Layout, group: Group, text: str) -> list[Splice]:
    """A further item at the end, in the style of the brackets' layout."""
    items = layout.items(group)
    close = group.end - 1
    if not items:
        return [Splice(group.start + 1, group.start + 1, text)]
    last = items[-1]
    comma = _comma_behind(layout, group, last)
    if layout.breaks(last.span.end, close):
        if comma < 0 and len(items) > 1 and not layout.breaks(items[0].span.start, last.span.end):
            return _append_to_line(layout, items, text)
        return _append_line(layout, last, comma, text)
    if _is_shorthand(layout, group, last, comma):
        return [Splice(comma, comma, f" {text}")]
    if _has_line_each(layout, items):
        indent = layout.text[layout.line_start(last.span.start) : last.span.start]
        return [Splice(last.span.end, last.span.end, f",{layout.newline}{indent}{text}")]
    column = layout.columns(layout.line_to(last.span.end))
    rest = layout.line_end(last.span.end) - last.span.end
    too_long = column + 2 + len(text) + rest > layout.width
    if too_long and layout.language == "python" and not foldable(layout, group):
        first = layout.columns(layout.line_to(items[0].span.start))
        if not group.parent or first + len(text) + rest <= layout.width:
            line = _on_next_line(layout, group, text)
            return [Splice(last.span.end, last.span.end, line)]
    return [Splice(last.span.end, last.span.end, f", {text}")]


def put_before(layout: Layout, group: Group, item: Item, text: str) -> list[Splice]:
    """A further item before another one, in the style of the brackets' layout."""
    start = item.span.start
    lead = layout.line_to(start)
    if not lead.strip():
        return [Splice(start, start, f"{on_own_line(layout, text, lead)},{layout.newline}{lead}")]
    line = layout.columns(lead) + len(text) + len(", ") + layout.line_end(start) - start
    if line <= layout.width or layout.breaks(group.start, group.end):
        return [Splice(start, start, f"{text}, ")]
    return below(layout, group, item, text)


def _has_line_each(layout: Layout, items: Sequence[Item]) -> bool:
    """Whether several items stand below one another, each on a line of its own."""
    below = (layout.breaks(one.span.end, two.span.start) for one, two in pairwise(items))
    return len(items) > 1 and all(below)


def _is_shorthand(layout: Layout, group: Group, last: Item, comma: int) -> bool:
    """Whether a comma makes a tuple of one item: (a,) becomes (a, b)."""
    return (
        comma > 0
        and not layout.is_call(group)
        and layout.text[group.start] == "("
        and len(layout.items(group)) == 1
    )


def _append_to_line(layout: Layout, items: Sequence[Item], text: str) -> list[Splice]:
    """A further item behind those that share a line; what is too long gets a line for each."""
    last = items[-1].span.end
    rest = layout.line_end(last) - last
    if layout.columns(layout.line_to(last)) + len(", ") + len(text) + rest <= layout.width:
        return [Splice(last, last, f", {text}")]
    end = f",{layout.newline}{layout.indent(last)}"
    spans = [item.span for item in items]
    splices = [Splice(one.end, two.start, end) for one, two in pairwise(spans)]
    return [*splices, Splice(last, last, f"{end}{text},")]


def _append_line(layout: Layout, last: Item, comma: int, text: str) -> list[Splice]:
    """A further item on a line of its own, behind the last one and its comment."""
    at = layout.line_end(max(last.span.end, comma))
    indent = layout.indent(_line_of_item(layout, last))
    line = f"{layout.newline}{indent}{on_own_line(layout, text, indent)}"
    if comma > 0:
        return [Splice(at, at, f"{line},")]
    if at == last.span.end:
        return [Splice(at, at, f",{line}")]
    return [Splice(last.span.end, last.span.end, ","), Splice(at, at, line)]


def _line_of_item(layout: Layout, item: Item) -> int:
    return item.span.start


def _on_next_line(layout: Layout, group: Group, text: str) -> str:
    first = layout.items(group)[0]
    start = layout.line_start(first.span.start)
    lead = layout.text[start : first.span.start]
    indent = re.sub(r"[^\t\f]", " ", lead)
    return f",{layout.newline}{indent}{text}"


def remove(layout: Layout, group: Group, item: Item) -> list[Splice]:
    """The brackets without an item; its comma goes, too, and its line if it has one of its own."""
    items = layout.items(group)
    index = items.index(item)
    comma = _comma_behind(layout, group, item)
    end = comma if comma > 0 else item.span.end
    if len(items) == 1:
        return _remove_only(layout, group, item, end)
    is_tuple = layout.text[group.start] == "(" and not layout.is_call(group)
    start = layout.line_start(item.span.start)
    alone = not layout.text[start : item.span.start].strip() and re.match(
        r"[ \t]*(?:#[^\r\n]*|//[^\r\n]*)?(?:[\r\n]|\Z)", layout.text[end:]
    )
    if alone and not (is_tuple and len(items) == 2 and comma < 0):
        if comma < 0 and not _comment_in(layout, items[index - 1].span.end, layout.next_line(end)):
            return [Splice(items[index - 1].span.end, end, "")]  # what comes in its place follows
        splices = [Splice(start, layout.next_line(end), "")]
        if comma < 0:  # the one before becomes the last, as this one was: without a comma
            splices.append(_without_comma(layout, group, items[index - 1]))
        return splices
    if index + 1 < len(items):
        following = items[index + 1].span.start
        if not layout.breaks(end, following) and not _comment_in(layout, end, following):
            end = following
        left = items[1 - index].span.end if is_tuple and len(items) == 2 else -1
        bare = left >= 0 and _comma_behind(layout, group, items[1 - index]) < 0
        return [Splice(item.span.start, end, ""), *([Splice(left, left, ",")] if bare else [])]
    before = items[index - 1]
    stop = "," if is_tuple and len(items) == 2 else ""
    if _comment_in(layout, before.span.end, item.span.start):
        return [
            Splice(item.span.start, end, ""),
            *([] if stop or comma > 0 else [_without_comma(layout, group, before)]),
        ]
    # The last comma stays where it is: what comes in this one's place is put before it.
    return [Splice(before.span.end, item.span.end, "" if comma > 0 else stop)]


def _remove_only(layout: Layout, group: Group, item: Item, end: int) -> list[Splice]:
    if not _comment_in(layout, group.start, group.end):
        return [Splice(group.start + 1, group.end - 1, "")]
    return [Splice(item.span.start, end, "")]


def _without_comma(layout: Layout, group: Group, item: Item) -> Splice:
    comma = _comma_behind(layout, group, item)
    return Splice(comma - 1, comma, "") if comma > 0 else Splice(item.span.end, item.span.end, "")


def _comma_behind(layout: Layout, group: Group, item: Item) -> int:
    """The offset behind the comma that follows an item; -1 when there is none."""
    for token in group.tokens:
        if token.start >= item.span.end:
            kind = getattr(token, "kind", "group")
            if kind == "comma":
                return token.end
            if kind not in ("space", "newline", "comment"):
                return -1
    return -1


def has_comment(layout: Layout, group: Group) -> bool:
    """Whether somebody has written something between brackets."""
    return _comment_in(layout, group.start, group.end)


def _comment_in(layout: Layout, start: int, end: int) -> bool:
    return any(
        token.kind == "comment" and token.start >= start and token.end <= end
        for token in layout.tokens
    )
