"""Calls on objects that were handed over, whose types nobody names.

``LoginUser(users, Signer(key))`` in one file, ``self.signer.issue(claims)`` in another; or the
object is kept with the application: ``app.state.signer = Signer(key)``.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from jwtaudit.program.app_stores import read_of_application
from jwtaudit.program.classes import method
from jwtaudit.program.context import is_test
from jwtaudit.program.walk.binding import bind
from jwtaudit.values import Bound, Call, ClassRef, FunctionId, Instance, Param, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jwtaudit.program.project import Project

_MAX_KINDS = 4  # of objects that are handed over in one place
_MAX_HANDS = 3  # that an object goes through
_CONSTRUCTOR = ".__init__"


def called_on_given(
    project: Project, callers: Mapping[FunctionId, Sequence[Call]]
) -> Iterator[tuple[FunctionId, Call]]:
    """The calls of methods whose objects are known by who has handed them over."""
    methods = {name for scope in project.classes.values() for name in scope.methods}
    for call in project.calls:
        name = call.name.rpartition(".")[2]
        if call.target is not None or call.receiver is None or name not in methods:
            continue
        if is_test(call.place.path) or project.is_script(call.place.path):
            continue
        kinds = {value.cls.id: value.cls for value in _given(project, call, callers)}
        for kind in islice(kinds.values(), _MAX_KINDS):
            found = method(project, kind, name)
            if found is not None and found.definition is not None:
                own = not found.is_decorated("staticmethod")
                given = bind(project.interpreter, found, call.arguments, receiver=own)
                bound = tuple(Bound(value, parameter) for parameter, value in given.items())
                yield found.id, replace(call, target=found.id, arguments=bound)


def _given(
    project: Project, call: Call, callers: Mapping[FunctionId, Sequence[Call]]
) -> Iterator[Instance]:
    """The objects that a method may be called on."""
    for receiver in options(call.receiver) if call.receiver is not None else ():
        if read_of_application(receiver) is not None:
            kept = project.stores.resolve(receiver, call.place.path)
            yield from _objects(kept, callers)
        elif isinstance(receiver, Param) and receiver.function.qualname.endswith(_CONSTRUCTOR):
            yield from _objects(receiver, callers)


def _objects(
    value: Value, callers: Mapping[FunctionId, Sequence[Call]], depth: int = 0
) -> Iterator[Instance]:
    """The objects of the project's own classes that a value may be."""
    for option in options(value):
        if isinstance(option, Instance):
            yield option
        elif isinstance(option, Param) and isinstance(option.annotation, ClassRef):
            if depth:
                yield Instance(option.annotation)
        elif isinstance(option, Param) and isinstance(option.default, Instance):
            yield option.default
        elif isinstance(option, Param) and depth < _MAX_HANDS and option.annotation is None:
            for call in callers.get(option.function, ()):
                if is_test(call.place.path):
                    continue
                for argument in call.arguments:
                    if argument.name == option.name:
                        yield from _objects(argument.value, callers, depth + 1)
