"""What is inside of values, and whether two are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtaudit.values.kinds import (
    MAX_DEPTH,
    Absent,
    Bound,
    ClassRef,
    Closure,
    Const,
    Env,
    Hop,
    Imported,
    Instance,
    Join,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Sequence,
    Setting,
    Symbol,
    Table,
    Trace,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.source import Place


def spread_out(argument: Bound) -> Iterator[Bound]:
    """The arguments that one stands for: more than one, where a known value is spread."""
    value, place = argument.value, argument.place
    if argument.spread == 1 and isinstance(value, Sequence):
        yield from (Bound(v, place=place) for v in value.items)
        yield from (Bound(v, spread=1, place=place) for v in value.rest)
    elif argument.spread == 2 and isinstance(value, Table):
        for name, given in value.entries.items():
            if isinstance(name, str) and not isinstance(given, Absent):
                yield Bound(given, name=name, place=place)
        without: dict[Scalar, Value] = {
            name: given for name, given in value.entries.items() if isinstance(given, Absent)
        }
        if without and value.rest:  # whatever the rest is, these are not in it
            yield Bound(Table(without, value.rest), spread=2, place=place)
        else:
            yield from (Bound(v, spread=2, place=place) for v in value.rest)
    else:
        yield argument


def hop(value: Value, place: Place, what: str) -> Value:
    """The value with one more step of its way."""
    if len(value.trace) >= 12 or isinstance(value, (Absent, Symbol, ModuleRef)):
        return value
    return farther(value, (Hop(place, what),))


def farther(value: Value, way: Trace) -> Value:
    """The value with more steps put behind its way."""
    if not way:
        return value
    kind = type(value)
    copied = kind.__new__(kind)  # `dataclasses.replace` takes twice as long
    for name in kind.__slots__:
        setattr(copied, name, getattr(value, name))
    copied.trace = (*value.trace, *way)
    return copied


def children(value: Value) -> tuple[Value, ...]:
    """The values directly inside; a call's arguments are not part of its outcome."""
    inner = CHILDREN.get(type(value))
    return () if inner is None else inner(value)


CHILDREN: dict[type, Callable[[Any], tuple[Value, ...]]] = {
    Join: lambda value: value.options,
    Sequence: lambda value: (*value.items, *value.rest),
    Table: lambda value: (*value.entries.values(), *value.rest),
    Member: lambda value: (value.base,),
    Operation: lambda value: value.operands,
    Env: lambda value: () if isinstance(value.default, Absent) else (value.default,),
    Setting: lambda value: () if isinstance(value.default, Absent) else (value.default,),
}


def walk(value: Value) -> Iterator[Value]:
    """The value and all values inside it."""
    if type(value) not in CHILDREN:  # most hold nothing
        yield value
        return
    stack = [value]
    seen: set[int] = set()
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = CHILDREN.get(type(current))
        if inner is not None:
            stack.extend(reversed(inner(current)))


def root_of(value: Value) -> Value:
    """What a value is a member of, and that in turn; itself where it is of nothing."""
    while isinstance(value, Member):
        value = value.base
    return value


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives of a join, flattened; any other value is its only alternative.

    The join's own trace is put behind that of each alternative.
    """
    if not isinstance(value, Join):
        return (value,)
    flat: list[Value] = []
    for option in value.options:
        flat += [farther(leaf, value.trace) for leaf in options(option)]
    return tuple(flat)


def same(a: Value, b: Value, depth: int = 0) -> bool:
    """Whether two values are alike in structure, wherever they come from."""
    if a is b:
        return True
    if type(a) is not type(b) or depth > MAX_DEPTH:
        return False
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and a.value == b.value
    if isinstance(a, Param) and isinstance(b, Param):
        return a.function == b.function and a.name == b.name
    if isinstance(a, Symbol) and isinstance(b, Symbol):
        return a.name == b.name
    if isinstance(a, Outcome) and isinstance(b, Outcome):
        return a.call.place == b.call.place
    if isinstance(a, Env) and isinstance(b, Env):
        return a.name is not None and a.name == b.name and same(a.default, b.default, depth + 1)
    if isinstance(a, Setting) and isinstance(b, Setting):
        return a.name == b.name and a.owner == b.owner
    if isinstance(a, Member) and isinstance(b, Member):
        return (
            a.item == b.item and same(a.key, b.key, depth + 1) and same(a.base, b.base, depth + 1)
        )
    if isinstance(a, Operation) and isinstance(b, Operation):
        return a.operator == b.operator and _all_same(a.operands, b.operands, depth)
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return _all_same(a.items, b.items, depth) and _all_same(a.rest, b.rest, depth)
    if isinstance(a, Table) and isinstance(b, Table):
        return (
            a.entries.keys() == b.entries.keys()
            and all(same(v, b.entries[k], depth + 1) for k, v in a.entries.items())
            and _all_same(a.rest, b.rest, depth)
        )
    if isinstance(a, Join) and isinstance(b, Join):
        return _all_same(a.options, b.options, depth)
    if isinstance(a, (Closure, ClassRef)) and isinstance(b, (Closure, ClassRef)):
        return a.id == b.id and _captured(a) == _captured(b)
    if isinstance(a, Instance) and isinstance(b, Instance):
        return a.cls.id == b.cls.id and a.call is b.call
    if isinstance(a, ModuleRef) and isinstance(b, ModuleRef):
        return a.path == b.path
    if isinstance(a, Imported) and isinstance(b, Imported):
        return (a.importer, a.module, a.name, a.level) == (b.importer, b.module, b.name, b.level)
    return isinstance(a, Absent)


def _captured(value: Closure | ClassRef) -> list[int]:
    """What tells two values of one function apart."""
    return [id(b) for _, b in value.captured] if isinstance(value, Closure) else []


def _all_same(a: tuple[Value, ...], b: tuple[Value, ...], depth: int) -> bool:
    return len(a) == len(b) and all(same(x, y, depth + 1) for x, y in zip(a, b, strict=True))
