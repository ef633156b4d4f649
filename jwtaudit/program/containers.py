"""Methods of mappings and lists: what they return, and what they leave behind.

Each handler gets the expression of the receiver, so that the variable behind it can be given its
new value, and returns None when the call is not its business after all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.operations import as_table, extend
from jwtaudit.values import (
    ABSENT,
    Absent,
    Bound,
    Call,
    Const,
    Join,
    Member,
    Outcome,
    Param,
    Sequence,
    Table,
    Value,
    hop,
    join,
    member,
    merge,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtaudit import facts as f
    from jwtaudit.program.interpreter import Frame, Interpreter
    from jwtaudit.source import Place


def table_update(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``update()`` and ``|=``: later keys win."""
    others = tuple(a.value for a in arguments if a.name is None)
    named: dict[f.Scalar, Value] = {
        a.name: hop(a.value, place, f"`{a.name}` is set") for a in arguments if a.name
    }
    mappings = any(isinstance(o, Table) for v in others for o in options(v))
    if not isinstance(base, Table) and not mappings and not named:
        return None
    call = Call(place, "*.update", base, arguments, frame.scope.id, frame.path)
    interpreter.note(frame, call)
    interpreter.rebind(target, merge(as_table(base), (*others, Table(named))), frame)
    return Const(None, place=place)


def table_setdefault(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``setdefault()``: a key that is there stays."""
    if not arguments or not isinstance(arguments[0].value, Const):
        return None
    key = arguments[0].value.value
    table = as_table(base)
    default = arguments[1].value if len(arguments) > 1 else Const(None, place=place)
    if key in table.entries and not isinstance(table.entries[key], Absent):
        return table.entries[key]
    interpreter.rebind(target, merge(table, (Table({key: default}),)), frame)
    return default


def table_pop(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``pop()``: the key is gone, and its value the result."""
    if not arguments or not isinstance(arguments[0].value, Const):
        return None
    if not isinstance(base, (Table, Param, Outcome, Member, Join)):
        return None
    key = arguments[0].value
    found = member(base, key, item=True, place=place)
    interpreter.rebind(target, merge(as_table(base), (Table({key.value: ABSENT}),)), frame)
    if isinstance(found, Absent) and len(arguments) > 1:
        return arguments[1].value
    return found


def table_copy(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``copy()``: changes of the one do not reach the other."""
    if arguments or isinstance(base, Outcome):
        return None
    return base


def table_get(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``get()``: the value, or the default."""
    if not isinstance(base, (Table, Join)) or not arguments:
        return None
    if isinstance(base, Join) and not any(isinstance(o, Table) for o in base.options):
        return None
    if interpreter.models.exactly("*.get"):  # pragma: no cover - no such model is shipped
        return None
    key = arguments[0].value
    default = arguments[1].value if len(arguments) > 1 else Const(None, place=place)
    if not isinstance(key, Const):
        return join(member(base, key, item=True, place=place), default)
    found = member(base, key, item=True, place=place)
    parts = [default if isinstance(o, Absent) else o for o in options(found)]
    return join(*parts)


def list_append(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``append()`` and ``add()``: one more element."""
    if not isinstance(base, Sequence) or len(arguments) != 1:
        return None
    new = replace(base, items=(*base.items, arguments[0].value))
    interpreter.rebind(target, new, frame)
    return Const(None, place=place)


def list_extend(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """``extend()``: all elements of another."""
    if not isinstance(base, Sequence) or len(arguments) != 1:
        return None
    interpreter.rebind(target, extend(base, arguments[0].value), frame)
    return Const(None, place=place)


METHODS: dict[str, Callable[..., Value | None]] = {
    "update": table_update,
    "setdefault": table_setdefault,
    "pop": table_pop,
    "copy": table_copy,
    "get": table_get,
    "append": list_append,
    "extend": list_extend,
}
