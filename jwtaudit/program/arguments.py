"""Which argument of a call is meant for which parameter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.context import is_test
from jwtaudit.values import (
    ABSENT,
    Absent,
    Bound,
    Call,
    Const,
    Member,
    Param,
    Table,
    Unknown,
    Value,
    member,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place


def given(arguments: tuple[Bound, ...], parameters: Sequence[str], name: str) -> Value | None:
    """The argument for a parameter; Unknown when a spread may hold it; None when not given."""
    index = parameters.index(name) if name in parameters else -1
    position = 0
    spread: Value | None = None
    for argument in arguments:
        if argument.spread:
            spread = argument.value
            if argument.spread == 1 and 0 <= position <= index:
                return Unknown("spread argument", place=argument.place)
        elif argument.name is not None:
            if argument.name == name:
                return _at(argument)
        else:
            if position == index:
                return _at(argument)
            position += 1
    if spread is not None:
        for argument in arguments:
            if argument.spread == 2:
                inner = member(argument.value, Const(name), item=True, place=argument.place)
                if not isinstance(inner, (Absent, Member)):
                    return inner
        return Unknown("spread argument")
    return None


def is_written_so(call: Call, model: Model) -> bool:
    """Whether a call gives true or false at the position where only some versions take that."""
    index = model.parameters.index(model.written_with)
    if len(call.arguments) <= index:
        return False
    argument = call.arguments[index]
    value = argument.value
    plain = argument.name is None and not any(a.spread for a in call.arguments[: index + 1])
    return plain and isinstance(value, Const) and isinstance(value.value, bool)


def entry_of(value: Value, key: str, place: Place | None) -> Value:
    """The entry of a mapping; nothing is in what is not there."""
    if isinstance(value, Absent) or (isinstance(value, Const) and value.value is None):
        return ABSENT
    if isinstance(value, Param) and value.injected and isinstance(value.default, Table):
        value = value.default
    return member(value, Const(key), item=True, place=place)


def _at(argument: Bound) -> Value:
    value = argument.value
    if value.place is None and argument.place is not None and value is not ABSENT:
        return replace(value, place=argument.place)
    return value


def given_by_callers(project: Project, parameter: Param) -> list[Value]:
    """What the calls of a function give for its parameter, those of tests left out."""
    return [
        argument.value
        for call in project.callers.get(parameter.function, ())
        for argument in call.arguments
        if argument.name == parameter.name and not is_test(call.place.path)
    ]
