"""Values made of others: joined, merged, looked into, and with some of their parts replaced."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from operator import is_
from typing import TYPE_CHECKING, TypeAlias

from jwtaudit.values.inside import (
    children,
    farther,
    options,
    same,
    spread_out,
)
from jwtaudit.values.kinds import (
    ABSENT,
    MAX_DEPTH,
    MAX_OPTIONS,
    Absent,
    Bound,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    Imported,
    Instance,
    Join,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Partial,
    Sequence,
    Setting,
    Symbol,
    Table,
    Trace,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtaudit.facts import Scalar
    from jwtaudit.source import Place

    Change: TypeAlias = Callable[[Value], Value | None]
    Attribute: TypeAlias = Callable[[Value, str, Place], Value]
    Concerns: TypeAlias = Callable[[Value], bool]


def join(*values: Value) -> Value:
    """The value that may be any of these; mappings are merged entry by entry."""
    if len(values) == 1:
        return values[0]
    flat: list[Value] = []
    others = 0
    for option in chain.from_iterable(map(options, values)):
        kind = type(option)
        for seen in flat:
            if seen is option or (type(seen) is kind and same(option, seen)):
                break
        else:
            flat.append(option)
            others += kind is not Table
            if others > MAX_OPTIONS:
                break  # the first of them are all that stays
    tables = [value for value in flat if isinstance(value, Table)]
    if len(tables) > 1:
        merged = _merge_tables(tables)
        flat = [value for value in flat if not isinstance(value, Table)]
        flat.append(merged)
    if len(flat) == 1:
        return flat[0]
    if len(flat) > MAX_OPTIONS:
        flat = [*flat[: MAX_OPTIONS - 1], Unknown("too many alternatives")]
    return Join(tuple(flat), place=flat[0].place if flat else None)


def each(value: Value, change: Callable[[Value], Value]) -> Value:
    """The value with each of what it may be changed; of ordered ones the order stays."""
    if not isinstance(value, Join):
        return change(value)
    joined = join(*map(change, value.options))
    return replace(joined, ordered=value.ordered) if isinstance(joined, Join) else joined


def _merge_tables(tables: list[Table]) -> Table:
    keys: dict[Scalar, None] = {}
    for table in tables:
        keys.update(dict.fromkeys(table.entries))
    rest: list[Value] = []
    for table in tables:
        rest.extend(r for r in table.rest if not any(same(r, seen) for seen in rest))
    entries = {key: join(*(entry(table, key) for table in tables)) for key in keys}
    return Table(entries, tuple(rest), place=tables[0].place, trace=tables[0].trace)


def entry(table: Table, key: Scalar) -> Value:
    """The value under a key: known, ``ABSENT``, or a member of what was merged in."""
    if key in table.entries:
        return table.entries[key]
    if not table.rest:
        return ABSENT
    return join(*(Member(rest, Const(key), item=True, place=rest.place) for rest in table.rest))


def rewrite(
    value: Value,
    change: Change,
    attribute: Attribute | None = None,
    concerns: Concerns | None = None,
) -> Value:
    """The value with every part for which ``change`` gives another one put in its place.

    Values share parts; each part is rewritten once. ``attribute`` tells the attributes of what
    became an instance, or a parameter that is one by default, ``concerns`` whether a part may hold
    anything to be changed.
    """
    return _Rewrite(change, attribute, concerns).value(value)


def rewrite_call(
    call: Call,
    change: Change,
    attribute: Attribute | None = None,
    concerns: Concerns | None = None,
) -> Call:
    """The call with its receiver and arguments rewritten; its place stays."""
    return _Rewrite(change, attribute, concerns).call(call)


# What has no other values inside.
_WHOLE = frozenset((Const, Symbol, Absent, Unknown, ModuleRef, ClassRef, Imported))


def _holding(argument: Bound, value: Value) -> Bound:
    """The argument with another value."""
    return Bound(value, argument.name, argument.spread, argument.place)


class _Rewrite:
    """One rewriting: remembers what became of each part."""

    def __init__(
        self, change: Change, attribute: Attribute | None, concerns: Concerns | None
    ) -> None:
        self.change = change
        self.attribute = attribute
        self.concerns = concerns
        self.done: dict[int, Value] = {}
        self.calls: dict[int, Call] = {}
        self.keep: list[object] = []
        self.depth = 0

    def value(self, value: Value) -> Value:
        if type(value) in _WHOLE:
            return value
        found = self.done.get(id(value))
        if found is not None:
            return found
        if self.concerns is not None and not self.concerns(value):
            return value
        if self.depth > MAX_DEPTH:
            return Unknown("too deep")
        self.depth += 1
        try:
            new = self._value(value)
        finally:
            self.depth -= 1
        self.keep.append(value)
        self.done[id(value)] = new
        return new

    def all_of(self, inner: tuple[Value, ...]) -> tuple[Value, ...]:
        new = tuple([self.value(v) for v in inner])
        return inner if all(map(is_, new, inner)) else new

    def call(self, call: Call) -> Call:
        found = self.calls.get(id(call))
        if found is not None:
            return found
        receiver = None if call.receiver is None else self.value(call.receiver)
        values = [self.value(a.value) for a in call.arguments]
        new = call
        if receiver is not call.receiver or not all(
            v is a.value for v, a in zip(values, call.arguments, strict=True)
        ):
            given = map(_holding, call.arguments, values)
            arguments = tuple(bound for a in given for bound in spread_out(a))
            new = replace(call, receiver=receiver, arguments=arguments, origin=call.origin or call)
        self.keep.append(call)
        self.calls[id(call)] = new
        return new

    def _value(self, value: Value) -> Value:
        changed = self.change(value)
        if changed is not None:
            return farther(changed, value.trace)
        if isinstance(value, Join):
            new = self.all_of(value.options)
            if new is value.options:
                return value
            joined = join(*(_first_of(new) if value.ordered else new))
            if value.ordered and isinstance(joined, Join):
                joined = replace(joined, ordered=True)
            return farther(joined, value.trace)
        if isinstance(value, Sequence):
            return self._sequence(value)
        if isinstance(value, Table):
            entries = {key: self.value(v) for key, v in value.entries.items()}
            rest = self.all_of(value.rest)
            if rest is value.rest and all(entries[k] is v for k, v in value.entries.items()):
                return value
            # what was spread in comes first: known entries were set after it, or over it
            spread = merge(Table({}), rest)
            for name in entries.keys() & spread.entries.keys():
                after = options(entries[name])
                kept = [option for option in after if not isinstance(option, Absent)]
                if 0 < len(kept) < len(after):  # or may not have been
                    entries[name] = join(*kept, spread.entries[name])
            merged = {**spread.entries, **entries}
            return replace(value, entries=merged, rest=spread.rest)
        if isinstance(value, Member):
            base, key = self.value(value.base), self.value(value.key)
            if base is value.base and key is value.key:
                return value
            place, name = value.place or base.place, value.name
            at_hand = base.default if isinstance(base, Param) else base
            known = isinstance(at_hand, (Instance, ClassRef)) and not value.item
            if self.attribute and known and name and place:
                found = self.attribute(base, name, place)
                return farther(found, value.trace)
            return member(base, key, item=value.item, place=value.place, trace=value.trace)
        if isinstance(value, Operation):
            operands = self.all_of(value.operands)
            return value if operands is value.operands else _decided(value, operands)
        if isinstance(value, Env) and value.asked is not None:
            return self._named(value)
        if isinstance(value, (Env, Setting, Param)):
            default = self.value(value.default)
            return value if default is value.default else replace(value, default=default)
        if isinstance(value, Outcome):
            call = self.call(value.call)
            return value if call is value.call else _got(replace(value, call=call))
        if isinstance(value, Closure):
            if value.receiver is None:
                return value
            receiver = self.value(value.receiver)
            return value if receiver is value.receiver else replace(value, receiver=receiver)
        if isinstance(value, Instance):
            if value.call is None:
                return value
            call = self.call(value.call)
            return value if call is value.call else replace(value, call=call)
        if isinstance(value, Partial):
            arguments = tuple(_holding(a, self.value(a.value)) for a in value.arguments)
            return replace(value, target=self.value(value.target), arguments=arguments)
        return value

    def _named(self, value: Env) -> Env:
        """A lookup of a name that a parameter gives: ``os.environ.get(name)``."""
        assert value.asked is not None
        asked, default = self.value(value.asked), self.value(value.default)
        if asked is value.asked and default is value.default:
            return value
        name = asked.value if isinstance(asked, Const) and isinstance(asked.value, str) else None
        return replace(value, name=name, default=default, asked=asked)

    def _sequence(self, value: Sequence) -> Value:
        items, rest = self.all_of(value.items), self.all_of(value.rest)
        if items is value.items and rest is value.rest:
            return value
        flat: list[Value] = list(items)
        open_rest: list[Value] = []
        for part in rest:
            if isinstance(part, Sequence):
                flat.extend(part.items)
                open_rest.extend(part.rest)
            else:
                open_rest.append(part)
        return replace(value, items=tuple(flat), rest=tuple(open_rest))


def _got(outcome: Outcome) -> Value:
    """What ``mapping.get(name, default)`` gives, once the mapping is known."""
    call = outcome.call
    table, given = call.receiver, [a.value for a in call.arguments if a.name is None]
    if not isinstance(table, Table) or not call.name.endswith(".get") or not given:
        return outcome
    if not isinstance(given[0], Const):
        return outcome
    default = given[1] if len(given) > 1 else Const(None, place=outcome.place)
    found = member(table, given[0], item=True, place=outcome.place)
    parts = [default if isinstance(option, Absent) else option for option in options(found)]
    return farther(join(*parts), outcome.trace)


def _first_of(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values up to the first that is something for sure, without those that are nothing."""
    found: list[Value] = []
    for value in values:
        if isinstance(value, Absent) or (isinstance(value, Const) and not value.value):
            continue
        if isinstance(value, Member) and _is_missing(value):
            continue
        found.append(value)
        if isinstance(value, (Const, Table, Sequence, Closure, Instance)):
            break
    return tuple(found) or values[-1:]


def _is_missing(value: Member) -> bool:
    """Whether a mapping that is known has no such entry."""
    base, key = value.base, value.key
    return (
        isinstance(base, Table)
        and not base.rest
        and isinstance(key, Const)
        and key.value not in base.entries
    )


def _decided(operation: Operation, operands: tuple[Value, ...]) -> Value:
    """The operation on other operands; a logical one is carried out where these decide it."""
    first = operands[0]
    truth = bool(first.value) if isinstance(first, Const) else None
    if isinstance(first, (Table, Sequence)) and children(first):
        truth = True
    if truth is not None and operation.operator == "not":
        return Const(not truth, place=first.place or operation.place, trace=first.trace)
    if truth is not None and operation.operator in ("and", "or") and len(operands) == 2:
        return first if truth is (operation.operator == "or") else operands[1]
    return replace(operation, operands=operands)


def member(
    base: Value, key: Value, *, item: bool, place: Place | None = None, trace: Trace = ()
) -> Value:
    """The attribute or entry of a value: the one inside it where that is known."""
    found: Value | None = None
    if isinstance(base, Join):
        return join(*(member(o, key, item=item, place=place, trace=trace) for o in base.options))
    if isinstance(key, Const):
        if isinstance(base, Const) and not item and key.value == "value":
            found = base  # the member of an enumeration: no scalar has such an attribute
        elif isinstance(base, Table) and (item or key.value in base.entries):
            found = base.entries.get(key.value)
            if found is None:
                if not base.rest:
                    return ABSENT
                found = join(*(Member(r, key, item=item, place=place) for r in base.rest))
        elif (
            isinstance(base, Sequence)
            and item
            and isinstance(key.value, int)
            and not base.rest
            and -len(base.items) <= key.value < len(base.items)
        ):
            found = base.items[key.value]
    elif isinstance(base, Table) and item and not base.rest and _are_objects(base.entries):
        released = [v for name, v in base.entries.items() if name not in _UNRELEASED]
        found = join(*(released or base.entries.values()))
    if found is not None:
        return farther(found, trace)
    return Member(base, key, item=item, place=place, trace=trace)


# The configurations that no user of the program meets.
_UNRELEASED = frozenset({"test", "testing", "dev", "development", "local"})


def _are_objects(entries: dict[Scalar, Value]) -> bool:
    """Whether a mapping is one of configurations: whichever it is, it is one of the project's."""
    return bool(entries) and all(
        isinstance(v, (Instance, ClassRef)) or (isinstance(v, Table) and v.entries)
        for v in entries.values()
    )


def merge(table: Table, others: tuple[Value, ...]) -> Table:
    """The table with other mappings merged into it, the later winning over the earlier.

    What is not a known mapping stays as ``rest``; entries known before it may be overridden by
    it, which is accepted: ``{"exp": ..., **extra}`` counts as having an ``exp``.
    """
    entries = dict(table.entries)
    rest = list(table.rest)
    for other in others:
        if isinstance(other, Table):
            entries.update(other.entries)
            rest.extend(other.rest)
        elif isinstance(other, Join) and any(isinstance(o, Table) for o in other.options):
            tables = [o for o in options(other) if isinstance(o, Table)]
            rest.extend(o for o in options(other) if not isinstance(o, (Table, Absent)))
            keys = dict.fromkeys(k for t in tables for k in t.entries)
            for key in keys:
                before = entries.get(key, ABSENT)
                found = [t.entries.get(key, before) for t in tables]
                if len(tables) < len(options(other)):
                    found.append(before)
                entries[key] = join(*found)
            rest.extend(r for t in tables for r in t.rest)
        elif not (isinstance(other, Const) and other.value is None) and other is not ABSENT:
            rest.append(other)
    return replace(table, entries=entries, rest=tuple(rest))
