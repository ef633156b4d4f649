"""Brackets whose line becomes too long by what is added to them, broken as Black would."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from jwtaudit.fixes.splices import Splice
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtaudit.fixes.layout import Group, Item, Layout

_UNLISTED = frozenset({"for", "lambda"})
"""Words between brackets whose commas do not only part what stands there."""


def fold(layout: Layout, group: Group, text: str) -> list[Splice] | None:
    """A further item at the end of brackets on one line, which is broken for it.

    None where the line cannot be broken cleanly: what is around it stands on several lines, and
    shares this one with others.
    """
    chain = [group]
    line = layout.line_start(group.start)
    while (parent := chain[-1].parent) is not None and parent.start >= line:
        chain.append(parent)
    outermost = chain[-1]
    if layout.breaks(outermost.start, outermost.end) or any(_is_one(layout, g) for g in chain):
        return None
    folding = _Folding(layout, chain, text)
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
    before, plus, behind = text.partition(" + ")
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
    """A line that is broken; ``chain`` are its brackets around the addition, from inside."""

    def __init__(self, layout: Layout, chain: Sequence[Group], text: str) -> None:
        self.layout = layout
        self.chain = chain
        self.inmost = chain[0]
        self.text = text

    def broken(self, group: Group, indent: str) -> list[Splice]:
        """Brackets whose items go below them: on one line if they fit, or else each on its own."""
        layout, items = self.layout, self.layout.items(group)
        first, last = items[0].span.start, items[-1].span.end
        end, inner = f"{layout.newline}{indent}", indent + layout.step
        opened = Splice(group.start + 1, first, f"{layout.newline}{inner}")
        if group is not self.inmost and self._fits(Span(first, last), inner):
            return [opened, self._added(), Splice(last, group.end - 1, end)]
        splices = [opened, *self._each(items, inner)]
        if group is self.inmost:
            written = on_own_line(layout, self.text, inner)
            splices.append(Splice(last, last, f",{layout.newline}{inner}{written}"))
        comma = "," if len(items) > 1 or group is self.inmost else ""
        # with the bracket, so that what else is added here comes before it
        closing = f"{comma}{end}{layout.text[group.end - 1]}"
        return [*splices, Splice(last, group.end, closing)]

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
        """Items below one another; the one with the addition is broken if it is too long still."""
        splices = [
            Splice(one.span.end, two.span.start, f",{self.layout.newline}{indent}")
            for one, two in pairwise(items)
        ]
        for item in items:
            held = [group for group in self.chain if _contains(item.span, group)]
            if held and self._fits(item.span, indent, behind=1):
                splices.append(self._added())
            elif held:
                splices += self.broken(held[-1], indent)
        return splices

    def _fits(self, span: Span, indent: str, behind: int = 0) -> bool:
        """Whether a part of the line and the addition have room on a line of their own."""
        layout = self.layout
        columns = layout.columns(f"{indent}{layout.text[slice(*span)]}, {self.text}")
        return columns + behind <= layout.width

    def _added(self) -> Splice:
        last = self.layout.items(self.inmost)[-1].span.end
        return Splice(last, last, f", {self.text}")


def _contains(span: Span, group: Group) -> bool:
    return span.start <= group.start and group.end <= span.end
