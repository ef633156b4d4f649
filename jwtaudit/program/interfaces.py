"""Calls of an interface's methods, as calls of those that stand behind it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from jwtaudit.program.classes import methods_of_heirs
from jwtaudit.program.scopes import OVERRIDDEN
from jwtaudit.values import Bound, Call, FunctionId, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import FunctionScope

_MAX_HEIRS = 4


def called_by_interface(
    project: Project, callers: Mapping[FunctionId, Sequence[Call]]
) -> Iterator[tuple[FunctionId, Call]]:
    """The calls of methods that do nothing themselves, for each that is put in their place."""
    for target, calls in tuple(callers.items()):
        declared = project.functions.get(target)
        if declared is None or declared.cls is None or declared.returned is not OVERRIDDEN:
            continue
        name = target.qualname.rpartition(".")[2]
        heirs = methods_of_heirs(project, declared.cls, name)
        for heir in (project.functions[one] for one in islice(heirs, _MAX_HEIRS)):
            for call in calls:
                yield heir.id, replace(call, target=heir.id, arguments=_given(declared, call, heir))


def _given(declared: FunctionScope, call: Call, heir: FunctionScope) -> tuple[Bound, ...]:
    """A call's arguments by the names of another method; what is left out has a default there."""
    own, theirs = _names(declared), _names(heir)
    renamed = {
        name: name if name in theirs else other for name, other in zip(own, theirs, strict=False)
    }
    given: dict[str, Value] = {name: heir.parameters[name].default for name in theirs}
    for argument in call.arguments:
        name = argument.name or ""
        declares = declared.parameters.get(name)
        if declares is None or argument.value is not declares.default:
            given[renamed.get(name, name)] = argument.value
    return tuple(Bound(value, name) for name, value in given.items())


def _names(scope: FunctionScope) -> list[str]:
    """The parameters of a method, without its object."""
    definition = scope.definition
    names = [parameter.name for parameter in definition.parameters] if definition else []
    return names if scope.is_decorated("staticmethod") else names[1:]
