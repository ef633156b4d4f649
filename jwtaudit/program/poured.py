"""Attributes that an object is given all at once: out of a mapping, a module, another object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.values import (
    Absent,
    Call,
    ClassRef,
    Const,
    Instance,
    Member,
    ModuleRef,
    Outcome,
    Param,
    Table,
    Value,
    member,
    options,
    root_of,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import FunctionScope

WAYS = frozenset({"setattr", "__dict__"})
"""The names one of which stands in a function that does so."""

_FIELDS = "__dict__"
_MOST_ENTRIES = 64


def poured(
    project: Project, function: FunctionScope, own: ClassRef, name: str
) -> Iterator[tuple[Value, Call]]:
    """What an attribute of a method's own object is given so, and by which call.

    What callers give may leave out what the body of the class declares. Objects may be made of
    one another, in a circle.
    """
    declared = name in project.classes[own.id].names
    asked, pouring = (own.id, name), project.interpreter.pouring
    if asked in pouring:
        return
    pouring.add(asked)
    try:
        yield from _all_taken(project, function, own, name, declared=declared)
    finally:
        pouring.remove(asked)


def _all_taken(
    project: Project, function: FunctionScope, own: ClassRef, name: str, *, declared: bool
) -> Iterator[tuple[Value, Call]]:
    for event in function.events:
        if not isinstance(event, Call):
            continue
        for whole in _wholes(event, own):
            for option in options(whole):
                found = _taken(project, option, name, event)
                if found is None or isinstance(found, Absent):
                    continue
                if not declared or not isinstance(found, Member):
                    yield found, event


def pairs(key: Value, value: Value) -> dict[Scalar, Value]:
    """All that a name and a value are in turn: ``for name, value in mapping.items()``."""
    if not isinstance(key, Member) or not isinstance(value, Member):
        return {}
    numbers = [one.key.value if isinstance(one.key, Const) else None for one in (key, value)]
    if numbers != [0, 1] or not isinstance(key.base, Member) or not same(key.base, value.base):
        return {}
    for whole in _gone_through(key.base.base):
        if isinstance(whole, Table) and not whole.rest and len(whole.entries) <= _MOST_ENTRIES:
            return {n: v for n, v in whole.entries.items() if not isinstance(v, Absent)}
    return {}


def _wholes(call: Call, own: ClassRef) -> Iterator[Value]:
    """All that an object is given by a call."""
    if call.name == "setattr" and len(call.arguments) == 3:
        target, name, value = (argument.value for argument in call.arguments)
        if _is_own(target, own) and not isinstance(name, Const):
            yield from _gone_through(value)
    elif call.name.endswith(".update"):
        fields = call.receiver
        if isinstance(fields, Member) and fields.name == _FIELDS and _is_own(fields.base, own):
            yield from (argument.value for argument in call.arguments if argument.name is None)


def _is_own(value: Value, own: ClassRef) -> bool:
    return isinstance(value, Instance) and value.cls.id == own.id


def _gone_through(value: Value) -> Iterator[Value]:
    """What a value is an element of: ``d.items()``, ``d[key]``, ``getattr(module, key)``."""
    if isinstance(value, Member) and value.item and not isinstance(value.key, Const):
        yield value.base
    if isinstance(value, Outcome) and value.call.name == "getattr" and value.call.arguments:
        yield value.call.arguments[0].value
    value = root_of(value)
    if isinstance(value, Outcome) and value.call.name.endswith(".items") and value.call.receiver:
        yield value.call.receiver


def _taken(project: Project, whole: Value, name: str, call: Call) -> Value | None:
    if isinstance(whole, (Table, Param)):
        return member(whole, Const(name), item=True, place=call.place)
    if isinstance(whole, (ModuleRef, ClassRef, Instance)):
        found = project.interpreter.attribute(whole, name, call.place)
        return None if isinstance(found, Member) else found
    return None
