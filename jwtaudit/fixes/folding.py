"""Lines that become too long by what is put into them, broken at their brackets as by Black."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from jwtaudit.fixes.splices import Splice, Spliced
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtaudit.fixes.layout import Group, Item, Layout

_PLUS = " + "
_UNLISTED = frozenset({"for", "lambda"})
"""Words between brackets whose commas do not only part what stands there."""


def folded(layout: Layout, splices: Sequence[Splice]) -> list[Splice]:
    """The splices of a file, with those that break the lines which they make too long."""
    done = Spliced(layout.text, splices)
    after = replace(layout, text=done.text)
    groups: dict[int, Group] = {}
    for splice, part in zip(done.splices, done.parts, strict=True):
        line = after.line_start(part.start)
        group = after.around(Span(part.start, part.end))
        if group is None or not _is_too_long(layout, splice, after, line):
            continue
        if line not in groups or after.depth(group.start) < after.depth(groups[line].start):
            groups[line] = group
    further = [
        more for group in groups.values() for more in _broken(after, group, layout.width) or ()
    ]
    return done.then(further) if further else list(splices)


def _is_too_long(layout: Layout, splice: Splice, after: Layout, line: int) -> bool:
    """Whether a line is too long that was not, or not as long."""
    start, end = layout.line_start(splice.start), layout.line_end(splice.end)
    before = 0 if layout.breaks(start, end) else layout.columns(layout.text[start:end])
    return after.columns(after.text[line : after.line_end(line)]) > max(layout.width, before)


def foldable(layout: Layout, group: Group) -> bool:
    """Whether the line on which brackets stand can be broken cleanly.

    It cannot where what is around it stands on several lines, and shares this one with others.
    """
    return _broken(layout, group, layout.width) is not None


def _broken(layout: Layout, group: Group, width: int) -> list[Splice] | None:
    """Break the line on which brackets stand; None where that cannot be done cleanly."""
    chain = [group]
    line = layout.line_start(group.start)
    while (parent := chain[-1].parent) is not None and parent.start >= line:
        chain.append(parent)
    outermost = chain[-1]
    if layout.breaks(outermost.start, outermost.end) or any(_is_one(layout, g) for g in chain):
        return None
    folding = _Folding(layout, chain, width)
    if outermost.parent is None:
        return folding.broken(outermost, layout.indent(group.start))
    return folding.below(outermost.parent)


def below(layout: Layout, group: Group, item: Item, text: str) -> list[Splice]:
    """A further item before another one of brackets on one line; each gets a line of its own."""
    end = f"{layout.newline}{layout.indent(group.start)}"
    indent = end + layout.step
    spans = [each.span for each in layout.items(group)]
    splices = [Splice(group.start + 1, spans[0].start, indent)]
    splices += [Splice(one.end, two.start, f",{indent}") for one, two in pairwise(spans)]
    written = on_own_line(layout, text, indent[len(layout.newline) :])
    splices.append(Splice(item.span.start, item.span.start, f"{written},{indent}"))
    return [*splices, Splice(spans[-1].end, group.end - 1, f",{end}")]


def on_own_line(layout: Layout, text: str, indent: str) -> str:
    """An item that has a line of its own; a sum that is too long for it gets two."""
    before, plus, behind = text.partition(_PLUS)
    too_long = layout.columns(f"{indent}{text},") > layout.width
    if not (plus and too_long and layout.language == "python"):
        return text
    return f"{before}{layout.newline}{indent}+ {behind}"


def _is_one(layout: Layout, group: Group) -> bool:
    """Whether a comma behind what stands in brackets would be wrong, or cannot be done without."""
    words = (layout.text[token.start : token.end] for token in group.tokens)
    is_tuple = layout.text[group.start] == "(" and not layout.is_call(group)
    return is_tuple or any(word in _UNLISTED for word in words)


class _Folding:
    """A line that is broken; ``chain`` are its brackets around the change, from inside."""

    def __init__(self, layout: Layout, chain: Sequence[Group], width: int) -> None:
        self.layout = layout
        self.chain = chain
        self.inmost = chain[0]
        self.width = width

    def broken(self, group: Group, indent: str) -> list[Splice]:
        """Brackets whose items go below them: on one line if they fit, or else each on its own."""
        layout, items = self.layout, self.layout.items(group)
        if not items:
            return []
        first, last = items[0].span.start, items[-1].span.end
        end, inner = f"{layout.newline}{indent}", indent + layout.step
        opened = Splice(group.start + 1, first, f"{layout.newline}{inner}")
        if group is not self.inmost and self._fits(Span(first, last), inner):
            return [opened, Splice(last, group.end - 1, end)]
        comma = "," if len(items) > 1 or group is self.inmost else ""
        closing = Splice(last, group.end - 1, f"{comma}{end}")
        return [opened, *self._each(items, inner), closing]

    def below(self, parent: Group) -> list[Splice] | None:
        """What stands on one line below the brackets that open before it."""
        layout = self.layout
        line, end = layout.line_start(self.inmost.start), layout.line_end(self.inmost.end)
        here = [i for i in layout.items(parent) if i.span.start < end and i.span.end > line]
        first, last = here[0].span, here[-1].span
        behind = layout.text[last.end : end].lstrip(", \t")
        closes = layout.breaks(last.end, parent.end)
        if first.start != line + len(layout.indent(line)) or last.end > end:
            return None
        if _is_one(layout, parent) or (closes and behind and not behind.startswith("#")):
            return None
        splices = self._each(here, layout.indent(line))
        if closes and len(here) > 1 and "," not in layout.text[last.end : end].partition("#")[0]:
            splices.append(Splice(last.end, last.end, ","))
        return splices

    def _each(self, items: Sequence[Item], indent: str) -> list[Splice]:
        """Items below one another; the one with the change is broken if it is too long still."""
        splices = [
            Splice(one.span.end, two.span.start, f",{self.layout.newline}{indent}")
            for one, two in pairwise(items)
        ]
        for item in items:
            held = [group for group in self.chain if _contains(item.span, group)]
            if self._fits(item.span, indent, behind=1):
                continue
            if held:
                splices += self.broken(held[-1], indent)
            elif plus := self._plus(item):
                more = f"{self.layout.newline}{indent}+ "
                splices.append(Splice(plus, plus + len(_PLUS), more))
        return splices

    def _plus(self, item: Item) -> int:
        """Where the sum that an item is can be parted; 0 if it is none."""
        layout = self.layout
        at = layout.text.find(_PLUS, *item.span)
        return at if at > 0 and layout.depth(at) == layout.depth(item.span.start) else 0

    def _fits(self, span: Span, indent: str, behind: int = 0) -> bool:
        """Whether a part of the line has room on a line of its own."""
        columns = self.layout.columns(f"{indent}{self.layout.text[slice(*span)]}")
        return columns + behind <= self.width


def _contains(span: Span, group: Group) -> bool:
    return span.start <= group.start and group.end <= span.end
