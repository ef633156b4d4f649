"""Handlers of requests, and the middleware that a request passes before it reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.travels import deep
from jwtaudit.values import Call, Closure, Member, Outcome, Param, Value, same, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import FunctionScope

_WRITING = frozenset({"post", "put", "patch", "delete", "del"})
_MOUNT = "use"


class Route(NamedTuple):
    """A handler: the call that registers it, and the function."""

    call: Call
    scope: FunctionScope


def writing_routes(project: Project, guard: Call) -> Iterator[Route]:
    """The handlers that change something, and that nothing stands before but some middleware.

    Further functions on the way may refuse the request; then there is no telling.
    """
    file = [call for call in project.calls if call.scope.path == guard.scope.path]
    for call in file:
        if any(_is(argument.value, guard) for argument in call.arguments):
            if _method(call) == _MOUNT:
                yield from _mounted(project, call, file)
            elif _is(call.arguments[-2].value, guard):
                yield from _handler(project, call, len(call.arguments) - 1)


def _is(value: Value, guard: Call) -> bool:
    return isinstance(value, Outcome) and value.call.place == guard.place


def _method(call: Call) -> str:
    return call.name.rpartition(".")[2] if call.receiver is not None else ""


def _mounted(project: Project, mounting: Call, file: list[Call]) -> Iterator[Route]:
    """What is registered, on a router or on those mounted on it, behind what all requests pass."""
    assert mounting.receiver is not None
    routers = [mounting.receiver]
    for call in file:
        if call.order < mounting.order or not _is_on(call, routers):
            continue
        if _method(call) == _MOUNT and call is not mounting:
            inner = _routers(call, file)
            if not inner and not _is_library(call.arguments[-1].value):
                return  # it may refuse
            routers += inner
    for call in file:
        if _is_on(call, routers[1:]) or (_is_on(call, routers[:1]) and call.order > mounting.order):
            if _method(call) == _MOUNT and call is not mounting and _is_on(call, routers[1:]):
                return
            yield from _handler(project, call, 1)


def _is_on(call: Call, routers: list[Value]) -> bool:
    return call.receiver is not None and any(same(call.receiver, router) for router in routers)


def _routers(call: Call, file: list[Call]) -> list[Value]:
    """The routers that a call mounts: things on which handlers are registered."""
    given = [part for argument in call.arguments for part in deep(argument.value)]
    return [
        other.receiver
        for other in file
        if other.receiver is not None
        and _method(other) in _WRITING
        and any(same(part, other.receiver) for part in given)
    ]


def _is_library(value: Value) -> bool:
    """Whether a value is made by a library: a parser of bodies, a logger."""
    return isinstance(value, Outcome) and value.call.target is None and bool(value.call.name)


def _handler(project: Project, call: Call, index: int) -> Iterator[Route]:
    """The handler that stands at an index, and last."""
    if _method(call) not in _WRITING or len(call.arguments) != index + 1:
        return
    value = call.arguments[index].value
    scope = project.scope(value.id) if isinstance(value, Closure) else None
    if scope is not None:
        yield Route(call, scope)


def identities(scope: FunctionScope, name: str, value: Value) -> Iterator[Member]:
    """The parts of a value that are what middleware has put into the request under a name."""
    for part in walk(value):
        if isinstance(part, Member) and part.name == name and _is_request(scope, part.base):
            yield part


def _is_request(scope: FunctionScope, value: Value) -> bool:
    """Whether a value is the request, or the state of the context that holds it."""
    if isinstance(value, Member) and value.name == "state":
        value = value.base
    return isinstance(value, Param) and value.function == scope.id
