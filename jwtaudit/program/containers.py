"""Methods of mappings, lists and texts: what they return, and what they leave behind.

Each handler gets the expression of the receiver, so that the variable behind it can be given its
new value, and returns None when the call is not its business after all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit import facts as f
from jwtaudit.program.environment import is_environment, laid_over
from jwtaudit.program.formatting import formatted, joined
from jwtaudit.program.operations import as_table, extend
from jwtaudit.program.scopes import Stored
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
    Setting,
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

    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.walk.frame import Frame
    from jwtaudit.source import Place


class Use(NamedTuple):
    """A method called on something that may be a container.

    Attributes:
        target: the expression of the receiver; what it names gets the changed value.
        base: what the receiver is.
    """

    interpreter: Interpreter
    target: f.Expression
    base: Value
    arguments: tuple[Bound, ...]
    place: Place
    frame: Frame


def table_update(use: Use) -> Value | None:
    """``update()`` and ``|=``: later keys win."""
    others = tuple(a.value for a in use.arguments if a.name is None)
    named: dict[f.Scalar, Value] = {
        a.name: hop(a.value, use.place, f"`{a.name}` is set") for a in use.arguments if a.name
    }
    mappings = any(isinstance(o, Table) for v in others for o in options(v))
    if not isinstance(use.base, Table) and not mappings and not named:
        return None
    _note(use, "update")
    if isinstance(use.target, f.Name) and use.target.id.isupper():  # a mapping of settings
        _note_entries(use, use.target.id, merge(Table({}), (*others, Table(named))))
    filled = laid_over(use.interpreter.models, as_table(use.base), (*others, Table(named)))
    use.interpreter.rebind(use.target, filled, use.frame)
    return Const(None, place=use.place)


def _note(use: Use, method: str) -> None:
    scope, path = use.frame.scope.id, use.frame.path
    call = Call(use.place, f"*.{method}", use.base, use.arguments, scope, path)
    use.interpreter.note(use.frame, call)


def _note_entries(use: Use, into: str, given: Table) -> None:
    """Each entry that a mapping gets, as if it were set by itself."""
    scope, path = use.frame.scope.id, use.frame.path
    for name, value in given.entries.items():
        at = value.place or use.place
        stored = Stored(at, use.base, Const(name), True, value, scope, path, into=into)
        use.interpreter.note(use.frame, stored)


def table_setdefault(use: Use) -> Value | None:
    """``setdefault()``: a key that is there stays."""
    if not use.arguments or not isinstance(use.arguments[0].value, Const):
        return None
    key = use.arguments[0].value.value
    table = as_table(use.base)
    default = use.arguments[1].value if len(use.arguments) > 1 else Const(None, place=use.place)
    if key in table.entries and not isinstance(table.entries[key], Absent):
        return table.entries[key]
    _note(use, "setdefault")
    use.interpreter.rebind(use.target, merge(table, (Table({key: default}),)), use.frame)
    if table.rest and not (isinstance(default, Const) and default.value):
        return join(member(use.base, Const(key), item=True, place=use.place), default)
    return default


def table_pop(use: Use) -> Value | None:
    """``pop()``: the key is gone, and its value the result."""
    if not use.arguments or not isinstance(use.arguments[0].value, Const):
        return None
    if not isinstance(use.base, (Table, Param, Outcome, Member, Join)):
        return None
    key = use.arguments[0].value
    found = member(use.base, key, item=True, place=use.place)
    use.interpreter.rebind(
        use.target, merge(as_table(use.base), (Table({key.value: ABSENT}),)), use.frame
    )
    if isinstance(found, Absent) and len(use.arguments) > 1:
        return use.arguments[1].value
    return found


def table_copy(use: Use) -> Value | None:
    """``copy()``: changes of the one do not reach the other."""
    if use.arguments or isinstance(use.base, Outcome):
        return None
    return use.base


def table_get(use: Use) -> Value | None:
    """``get()``: the value, or the default."""
    if not isinstance(use.base, (Table, Join)) or not use.arguments:
        return None
    if isinstance(use.base, Join) and not any(isinstance(o, Table) for o in use.base.options):
        return None
    if use.interpreter.models.exactly("*.get"):  # pragma: no cover - no such model is shipped
        return None
    key = use.arguments[0].value
    default = use.arguments[1].value if len(use.arguments) > 1 else Const(None, place=use.place)
    if not isinstance(key, Const):
        return join(member(use.base, key, item=True, place=use.place), default)
    table = use.base if isinstance(use.base, Table) else Table({})
    for rest in table.rest if key.value not in table.entries else ():
        if is_environment(use.interpreter.models, rest):
            left = use.arguments[1].value if len(use.arguments) > 1 else ABSENT
            return Setting(str(key.value), left, place=use.place)
    found = member(use.base, key, item=True, place=use.place)
    parts = [default if isinstance(o, Absent) else o for o in options(found)]
    return join(*parts)


def list_append(use: Use) -> Value | None:
    """``append()`` and ``add()``: one more element."""
    lists = _lists(use)
    if not lists:
        return None
    added = use.arguments[0].value
    new = join(*(replace(one, items=(*one.items, added)) for one in lists))
    use.interpreter.rebind(use.target, new, use.frame)
    return Const(None, place=use.place)


def _lists(use: Use) -> list[Sequence]:
    """The lists that one may be that a method with one argument is called on; none if unknown."""
    found = [option for option in options(use.base) if isinstance(option, Sequence)]
    whole = len(use.arguments) == 1 and len(found) == len(options(use.base))
    return found if whole else []


def list_extend(use: Use) -> Value | None:
    """``extend()``: all elements of another."""
    lists = _lists(use)
    if not lists:
        return None
    new = join(*(extend(one, use.arguments[0].value) for one in lists))
    use.interpreter.rebind(use.target, new, use.frame)
    return Const(None, place=use.place)


def text_format(use: Use) -> Value | None:
    """``format()`` of a constant with constants."""
    return formatted(use.base, use.arguments, use.place)


def text_join(use: Use) -> Value | None:
    """``join()`` of constants."""
    if len(use.arguments) != 1:
        return None
    return joined(use.base, use.arguments[0].value, use.place)


METHODS: dict[str, Callable[[Use], Value | None]] = {
    "update": table_update,
    "setdefault": table_setdefault,
    "pop": table_pop,
    "copy": table_copy,
    "get": table_get,
    "append": list_append,
    "extend": list_extend,
    "format": text_format,
    "join": text_join,
}
