"""Arguments, entries and elements that are given, renamed or taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.lists import append, put_before, remove
from jwtaudit.fixes.splices import Splice
from jwtaudit.fixes.statements import StatementWriter
from jwtaudit.source import Span

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Group, Item
    from jwtaudit.repair import (
        AddItem,
        Code,
        DropArgument,
        DropDefault,
        DropEntry,
        DropItem,
        DropKey,
        RenameKey,
        SetArgument,
        SetEntry,
    )


_FIELD = re.compile(r"\w+\s*:[^=]+?\s*=\s*")
_ENTRY = re.compile(r"[\w.]+(?:\[[^\[\]=]+\])+\s*=\s*")


class ArgumentWriter(StatementWriter):
    """Changes what calls and displays hold."""

    def _setargument(self, change: SetArgument) -> list[Splice]:
        group = self._call(change.call)
        named = self._named(group, change.name)
        if not change.key:
            return self._put(group, named, change.name, change.code)
        if named is None:
            text, more = self._text(change.code, group.start)
            mapping = self.dialect.mapping(self.dialect.entry(change.key, text))
            return [*append(self.layout, group, self.dialect.argument(change.name, mapping)), *more]
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
        spread = next(filter(self._is_spread, self.layout.items(group)), None)
        if change.default and spread is not None:
            text, more = self._text(change.code, group.start)
            return [
                *put_before(self.layout, group, spread, self.dialect.entry(change.key, text)),
                *more,
            ]
        return self._put_entry(group, change.key, change.code)

    def _is_spread(self, item: Item) -> bool:
        return self.layout.text.startswith(("**", "..."), item.span.start)

    def _put_entry(self, group: Group, key: str, code: Code) -> list[Splice]:
        named = self._named(group, key)
        text, more = self._text(code, group.start)
        if named is not None:
            return [Splice(*named.value, text), *more]
        return [*append(self.layout, group, self.dialect.entry(key, text)), *more]

    def _additem(self, change: AddItem) -> list[Splice]:
        group = self.layout.starting(change.place.span.start)
        if group is None or group.end != change.place.span.end:
            raise CannotError
        text, more = self._text(change.code, group.start)
        return [*append(self.layout, group, text), *more]

    def _renamekey(self, change: RenameKey) -> list[Splice]:
        _, item = self._item(change.place)
        if item.key.start == item.key.end:
            raise CannotError
        old = self.layout.text[item.key.start : item.key.end]
        quote = old[0] if old[0] in "\"'" else ""
        return [Splice(*item.key, f"{quote}{change.name}{quote}")]

    def _dropargument(self, change: DropArgument) -> list[Splice]:
        group = self._call(change.call)
        named = self._named(group, change.name)
        if named is None:
            raise CannotError
        return remove(self.layout, group, named)

    def _dropkey(self, change: DropKey) -> list[Splice]:
        group = self.layout.ending(change.place.span.end)  # { ... }, or dict( ... )
        named = self._named(group, change.key) if group else None
        if group is None or named is None:
            raise CannotError
        return remove(self.layout, group, named)

    def _dropitem(self, change: DropItem) -> list[Splice]:
        alternative = self._without_alternative(self.layout.bracketed(change.place.span))
        if alternative:
            return alternative
        return self._taken_out(*self._item(change.place), claim=change.claim)

    def _taken_out(self, group: Group, item: Item, *, claim: bool) -> list[Splice]:
        layout = self.layout
        only = len(layout.items(group)) == 1
        if claim and layout.is_call(group):
            statement = layout.statement(group.start)
            callee = layout.text[statement.start : group.start] if statement else ""
            if not re.search(r"(?:^|[\s.=(,])(?:dict|update)$", callee):
                raise CannotError
            if only and statement and statement.end == group.end and "=" not in callee:
                return self.without(statement)  # claims.update() does nothing
        default = re.search(r"\s*\.default\s*\Z", layout.text[: group.start])
        if only and default and layout.is_call(group):
            return [Splice(default.start(), group.end, self._required(default.start()))]
        whole = self.layout.bracketed(Span(group.start, group.end))
        outer = layout.around(whole)
        if only and layout.text[group.start] == "{" and outer and layout.is_call(outer):
            for holder in layout.items(outer):  # options={} says nothing
                spread = self._is_spread(holder) and holder.span.end == whole.end
                if (spread or holder.value == whole) and self._emptied(outer, holder):
                    return self._taken_out(outer, holder, claim=claim)
        return remove(layout, group, item)

    def _required(self, _end: int) -> str:
        """What a schema's field that ends somewhere needs in the place of its default."""
        return ""

    def _emptied(self, _outer: Group, _holder: Item) -> bool:
        """Whether an argument that says nothing may go."""
        return True

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
        if statement and group is not None and self.layout.is_call(group):
            # SecretStr("...") as the default of a field is the default
            callee = re.search(r"[\w.]+\s*$", text[start : group.start])
            if callee and len(self.layout.items(group)) == 1:
                whole = self.layout.bracketed(Span(start + callee.start(), group.end))
                if whole.end == statement.end:
                    before, span, group = text[start : whole.start], whole, None
        outside = group is None or (statement is not None and group.start < statement.start)
        if statement and outside and statement.end == span.end and _FIELD.fullmatch(before):
            return [Splice(start + len(before.rstrip()[:-1].rstrip()), span.end, "")]
        if statement and statement.end == span.end and _ENTRY.fullmatch(before):
            return self.without(statement)  # options["verify"] = False
        return None

    def _dropdefault(self, change: DropDefault) -> list[Splice]:
        statement = self._statement(change.place)
        before = self.layout.text[statement.start : change.place.span.start]
        found = self._without_alternative(change.place.span)
        if found is None or not _FIELD.fullmatch(before):
            raise CannotError
        return found

    def _dropentry(self, change: DropEntry) -> list[Splice]:
        statement = self._statement(change.place)
        before = self.layout.text[statement.start : change.place.span.start]
        if statement.end != change.place.span.end or not _ENTRY.fullmatch(before):
            raise CannotError
        return self.without(statement)
