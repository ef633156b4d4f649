"""Where a program asks whether a token was revoked, and where it revokes one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.claims import members_read
from jwtaudit.program.names import names_of, pairs, words
from jwtaudit.program.token_roots import alike
from jwtaudit.program.travels import deep, event_values
from jwtaudit.resources import words_of_data
from jwtaudit.values import Call, Const, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId, Value

_STEPS = 3
_KEEPING = frozenset({"add", "create", "insert", "put", "save", "set", "setex"})


def asks_for_revocation(site: Site) -> bool:
    """Whether a function on the way of a verified token looks for those that were revoked.

    The way is taken to lead through all functions around the call, all that call the outermost of
    them, and all that they call.
    """
    project = site.project
    calls = site.calls
    above, below = {calls[-1].scope}, {call.scope for call in calls}
    for _ in range(_STEPS):
        above |= {call.scope for one in above for call in project.callers.get(one, ())}
        below |= {target for one in below for target in _called(project, one)}
    return any(_mentions(project, one) for one in above | below)


def ends(project: Project, call: Call, token: Value, read: Place) -> bool:
    """Whether a call puts a token, or its number, among those that are refused from then on.

    Whoever shows a token may end it; whose it says it is, where it is read, does not matter then.
    """
    given = [argument.value for argument in call.arguments]
    texts = (str(p.value) for value in given for p in walk(value) if isinstance(p, Const))
    owner = walk(call.receiver) if call.receiver is not None else ()
    names = (call.name, *(name for part in owner for name in names_of(part)), *texts)
    ending = words_of_data("name-words", "refused-tokens") | words_of_data("name-words", "refusing")
    return any(ending & pairs(name) for name in names) and any(
        _is_of_token(project, value, token, read) for value in given
    )


def keeps_refused(project: Project, function: FunctionId, token: Value) -> bool:
    """Whether a function puts a token among the refused ones, as its name says.

    What it reads of the token is kept beside it.
    """
    ending = words_of_data("name-words", "refused-tokens") | words_of_data("name-words", "refusing")
    scope = project.scope(function) if ending & pairs(function.qualname) else None
    return any(
        isinstance(event, Call)
        and not _KEEPING.isdisjoint(words(event.name.rpartition(".")[2]))
        and any(alike(argument.value, token) for argument in event.arguments)
        for event in (() if scope is None else scope.events)
    )


def _is_of_token(project: Project, value: Value, token: Value, read: Place) -> bool:
    """Whether a value is a token's number, or made of the token without reading its claims."""
    parts = list(deep(value))
    if any(part.place == read for part in parts):
        return "jti" in members_read(project, value)
    return any(alike(part, token) for part in parts)


def _called(project: Project, function: FunctionId) -> Iterator[FunctionId]:
    scope = project.scope(function)
    for event in scope.events if scope is not None else ():
        if isinstance(event, Call) and event.target is not None:
            yield event.target


_known: WeakKeyDictionary[Project, dict[FunctionId, bool]] = WeakKeyDictionary()


def _mentions(project: Project, function: FunctionId) -> bool:
    """Whether a function is called so, or touches something that is."""
    known = _known.setdefault(project, {})
    if function not in known:
        known[function] = _names_it(project, function)
    return known[function]


def _names_it(project: Project, function: FunctionId) -> bool:
    telling = words_of_data("name-words", "refused-tokens")
    scope = project.scope(function)
    names = (name for event in (scope.events if scope else ()) for name in _names(event))
    return any(telling & pairs(name) for name in (function.qualname, *names))


def _names(event: Event) -> Iterator[str]:
    if isinstance(event, Call):
        yield event.name
    for value in event_values(event):
        for part in walk(value):
            yield from names_of(part)
            text = part.value if isinstance(part, Const) else None
            # A word alone is the name of an event.
            if isinstance(text, str) and (part is not value or " " in text):
                yield text
