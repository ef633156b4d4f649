"""Libraries that functions are handed: ``new Tickets(require("a-library"))``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.context import is_test
from jwtaudit.values import Call, Member, Param, Symbol, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.models import Models
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.values import FunctionId

_ANY = f"{SCRIPT}*."


def named_by_callers(functions: Iterable[FunctionScope], models: Models) -> list[Call]:
    """The calls of methods of a parameter that all callers give one library; they get its name."""
    scopes = list(functions)
    asked: dict[tuple[FunctionId, str], list[Call]] = defaultdict(list)
    for scope in scopes:
        for event in scope.events:
            if not isinstance(event, Call) or not isinstance(event.receiver, Param):
                continue
            if event.target is None and event.name.startswith(_ANY):
                asked[event.receiver.function, event.receiver.name].append(event)
    given = _given(scopes, {function for function, _ in asked}) if asked else {}
    named: list[Call] = []
    for parameter, calls in asked.items():
        values = given.get(parameter, [])
        libraries = {_library(value) for value in values}
        if len(libraries) != 1 or "" in libraries:
            continue
        for call in calls:
            name = f"{next(iter(libraries))}.{call.name.removeprefix(_ANY)}"
            if models.exactly(name):
                call.name, call.receiver = name, None
                named.append(call)
    return named


def _library(value: Value) -> str:
    """What a value is called by those who call it: also what plugins put into a context."""
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, Member) and not value.item and value.name:
        return f"{_ANY}{value.name}"
    return ""


def _given(
    scopes: Iterable[FunctionScope], wanted: set[FunctionId]
) -> dict[tuple[FunctionId, str], list[Value]]:
    """What is given for the parameters of functions, outside of tests."""
    found: dict[tuple[FunctionId, str], list[Value]] = defaultdict(list)
    for scope in scopes:
        for event in scope.events:
            if isinstance(event, Call) and event.target in wanted and not is_test(event.place.path):
                for argument in event.arguments:
                    if argument.name is not None and event.target is not None:
                        found[event.target, argument.name].append(argument.value)
    return found
