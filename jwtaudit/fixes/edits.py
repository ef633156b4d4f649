"""From what a check asks for to text: each change becomes splices of one file.

``Editor`` knows the layout of the file; the ``Dialect`` of its language knows how literals, names
and arguments are written there. A change that cannot be made cleanly is refused with
``CannotError``: then the finding keeps its advice, and nothing is edited.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.dialects import CannotError, dialect_of
from jwtaudit.fixes.layout import Layout
from jwtaudit.fixes.lists import Splice, append, remove
from jwtaudit.repair import (
    AddStatement,
    DropArgument,
    DropItem,
    DropStatement,
    RenameKey,
    Replace,
    SetArgument,
    SetEntry,
    SetText,
    SwapDecorators,
)
from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jwtaudit.fixes.dialects import Dialect, Lookup
    from jwtaudit.fixes.layout import Group, Item
    from jwtaudit.repair import Change, Code, Repair
    from jwtaudit.source import Source


class Edit(NamedTuple):
    """Text in place of what stands at a place."""

    place: Place
    text: str


def edits_of(
    repair: Repair,
    files: Callable[[str], tuple[Source, str] | None],
    lookups: Callable[[str], Sequence[Lookup]],
) -> tuple[Edit, ...] | None:
    """The edits that carry out a repair; None where it cannot be done.

    Args:
        repair: what is asked for.
        files: path -> the file and its language.
        lookups: path -> how environment variables are read in that file and in its project.
    """
    found: dict[Edit, None] = {}
    editors: dict[str, Editor] = {}
    try:
        for change in repair.changes:
            place = change.call if isinstance(change, (SetArgument, DropArgument)) else change.place
            if place.path not in editors:
                given = files(place.path)
                if given is None:
                    return None
                source, language = given
                layout = Layout(source.text, language)
                editors[place.path] = Editor(layout, dialect_of(layout, lookups(place.path)))
            for splice in editors[place.path].splices(change):
                found[Edit(Place(place.path, Span(splice.start, splice.end)), splice.text)] = None
    except CannotError:
        return None
    edits = tuple(sorted(found))
    return None if _overlap(edits) else edits


def _overlap(edits: Sequence[Edit]) -> bool:
    return any(
        one.place.path == other.place.path
        and (one.place.span.end > other.place.span.start or one.place.span == other.place.span)
        for one, other in pairwise(edits)
    )


class Editor:
    """Makes the splices for changes of one file."""

    def __init__(self, layout: Layout, dialect: Dialect) -> None:
        """Take the file's layout and how its language is written."""
        self.layout = layout
        self.dialect = dialect

    def splices(self, change: Change) -> list[Splice]:
        """The splices that carry out a change.

        Raises:
            CannotError: it cannot be done here.
        """
        handler = getattr(self, f"_{type(change).__name__.lower()}")
        found: list[Splice] = handler(change)
        return found

    def _text(self, code: Code, at: int) -> tuple[str, list[Splice]]:
        return self.dialect.render(code, at)

    # -- expressions -------------------------------------------------------------------------------

    def _replace(self, change: Replace) -> list[Splice]:
        text, more = self._text(change.code, change.place.span.start)
        return [Splice(*change.place.span, text), *more]

    def _settext(self, change: SetText) -> list[Splice]:
        return [Splice(*change.place.span, change.text)]

    def _renamekey(self, change: RenameKey) -> list[Splice]:
        _, item = self._item(change.place)
        if item.key.start == item.key.end:
            raise CannotError
        old = self.layout.text[item.key.start : item.key.end]
        quote = old[0] if old[0] in "\"'" else ""
        return [Splice(*item.key, f"{quote}{change.name}{quote}")]

    # -- arguments and entries ---------------------------------------------------------------------

    def _call(self, place: Place) -> Group:
        group = self.layout.ending(place.span.end)
        if group is None or group.start < place.span.start or not self.layout.is_call(group):
            raise CannotError
        return group

    def _setargument(self, change: SetArgument) -> list[Splice]:
        group = self._call(change.call)
        named = self._named(group, change.name)
        if not change.key:
            return self._put(group, named, change.name, change.code)
        if named is None:
            text, more = self.dialect.entries(change.key, change.code)
            return [*append(self.layout, group, self.dialect.argument(change.name, text)), *more]
        inner = self.layout.starting(named.value.start)
        if inner is None or inner.end != named.value.end:
            raise CannotError
        return self._put_entry(inner, change.key, change.code)

    def _put(self, group: Group, named: Item | None, name: str, code: Code) -> list[Splice]:
        text, more = self._text(code, group.start)
        if named is not None:
            return [Splice(*named.value, text), *more]
        return [*append(self.layout, group, self.dialect.argument(name, text)), *more]

    def _setentry(self, change: SetEntry) -> list[Splice]:
        group = self.layout.starting(change.place.span.start)
        if group is None:
            group = self.layout.ending(change.place.span.end)
            if group is not None and self.layout.is_call(group):  # dict(a=1)
                return self._put(group, self._named(group, change.key), change.key, change.code)
            raise CannotError
        return self._put_entry(group, change.key, change.code)

    def _put_entry(self, group: Group, key: str, code: Code) -> list[Splice]:
        named = self._named(group, key)
        text, more = self._text(code, group.start)
        if named is not None:
            return [Splice(*named.value, text), *more]
        return [*append(self.layout, group, self.dialect.entry(key, text)), *more]

    def _named(self, group: Group, name: str) -> Item | None:
        for item in self.layout.items(group):
            if self.layout.text[item.key.start : item.key.end].strip("\"'") == name:
                return item
        return None

    def _dropargument(self, change: DropArgument) -> list[Splice]:
        group = self._call(change.call)
        named = self._named(group, change.name)
        if named is None:
            raise CannotError
        return remove(self.layout, group, named)

    def _dropitem(self, change: DropItem) -> list[Splice]:
        alternative = self._without_alternative(change.place.span)
        if alternative:
            return alternative
        group, item = self._item(change.place)
        return remove(self.layout, group, item)

    def _item(self, place: Place) -> tuple[Group, Item]:
        """The item that a place is the value of, or the whole of."""
        span = place.span
        group = self.layout.around(span)
        while group is not None and self.layout.is_bare(group):
            span = Span(group.start, group.end)
            group = self.layout.around(span)
        for item in self.layout.items(group) if group else ():
            if group and span in (item.value, item.span):
                return group, item
        raise CannotError

    def _without_alternative(self, span: Span) -> list[Splice] | None:
        """``a or b`` without b, ``name: type = value`` without the value."""
        statement = self.layout.statement(span.start)
        start = statement.start if statement else 0
        text = self.layout.text
        before = text[start : span.start]
        either = re.search(r"\s*(?:\bor|\|\||\?\?)\s*$", before)
        if either:
            return [Splice(start + either.start(), span.end, "")]
        group = self.layout.around(span)
        if (
            statement
            and (group is None or group.start < statement.start)
            and statement.end == span.end
            and re.fullmatch(r"\w+\s*:[^=]+?\s*=\s*", before)
        ):
            return [Splice(start + len(before.rstrip()[:-1].rstrip()), span.end, "")]
        return None

    # -- statements --------------------------------------------------------------------------------

    def _statement(self, place: Place) -> Span:
        found = self.layout.statement(place.span.start)
        if found is None:
            raise CannotError
        return found

    def _addstatement(self, change: AddStatement) -> list[Splice]:
        layout = self.layout
        span = self._statement(change.place)
        text, more = self.dialect.render(change.code)
        if "{target}" in change.code.text:
            head = layout.text[span.start : change.place.span.start]
            target = re.match(r"(?:(?:const|let|var)\s+)?(\w+)\s*(?::[^=]+)?=(?!=)", head)
            if target is None:
                raise CannotError
            text = text.replace("{target}", target[1])
        if layout.text[layout.line_start(span.start) : span.start].strip() or layout.text[
            span.end : layout.line_end(span.end)
        ].lstrip(" \t").startswith(";"):
            return [Splice(span.end, span.end, f"; {text}"), *more]
        at = layout.line_end(span.end)
        if layout.depth(at):
            raise CannotError
        return [Splice(at, at, f"{layout.newline}{layout.indent(span.start)}{text}"), *more]

    def _dropstatement(self, change: DropStatement) -> list[Splice]:
        layout = self.layout
        span = self._statement(change.place)
        start, end = layout.line_start(span.start), layout.line_end(span.end)
        if layout.text[start : span.start].strip() or layout.text[span.end : end].strip(" \t;"):
            raise CannotError
        if self._is_whole_block(span):
            return [Splice(span.start, span.end, "pass")]
        return [Splice(start, layout.next_line(span.end), "")]

    def _is_whole_block(self, span: Span) -> bool:
        """Whether nothing is left of an indented block without a statement."""
        statements = self.layout.statements
        index = statements.index(span)
        indent = len(self.layout.indent(span.start))
        if not indent:
            return False
        before = self.layout.indent(statements[index - 1].start) if index else ""
        behind = (
            self.layout.indent(statements[index + 1].start) if index + 1 < len(statements) else ""
        )
        return len(before) < indent and len(behind) < indent

    def _swapdecorators(self, change: SwapDecorators) -> list[Splice]:
        text = self.layout.text
        one, other = change.place.span, change.other.span
        return [
            Splice(*one, text[other.start : other.end]),
            Splice(*other, text[one.start : one.end]),
        ]
