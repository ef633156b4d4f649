"""What runs before the handler of a route, and has verified the token of the request by then."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.models import VERIFYING
from jwtaudit.program.authority_words import words as told
from jwtaudit.program.names import names_of, words
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    ABSENT,
    Closure,
    Const,
    Member,
    Outcome,
    Param,
    Sequence,
    Symbol,
    Table,
    Unknown,
    Value,
    options,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.values import Call, FunctionId

_HOLDERS = frozenset({"headers", "header", "cookies", "signedcookies", "authorization"})
_USING = frozenset({"use", "addHook"})
# Where every request comes by: all paths, and the times at which hooks run before handlers.
_ALWAYS = frozenset({"*", "/*", "/", "onRequest", "preParsing", "preValidation", "preHandler"})


def is_guarded(
    project: Project,
    call: Call,
    handler: FunctionId,
    token: Value,
    verifying: Collection[FunctionId],
) -> bool:
    """Whether a call that is given a handler knows what verifies the request's token before it.

    That is given along, ``app.get("/me", auth, handler)``, or before, ``app.use(auth)``.
    """
    if not project.is_script(call.place.path) or not _is_of_request(token):
        return False
    return any(
        _verifies(project, part, handler, verifying)
        for given in (call, *_used_before(project, call))
        for argument in given.arguments
        for part in _parts(argument.value)
    )


def _is_of_request(token: Value) -> bool:
    """Whether a token is the one that a request comes with, and not another in its body."""
    return any(
        (isinstance(part, Member) and str(part.name).lower() in _HOLDERS)
        or (isinstance(part, Const) and str(part.value).lower() in _HOLDERS)
        for part in deep(token)
    )


def _parts(value: Value) -> Iterator[Value]:
    """What is given: a function, several, or options in which they stand."""
    for option in options(value):
        if isinstance(option, Table):
            inner = option.entries.values()
            yield from (part for entry in inner for part in _parts(entry))
        elif isinstance(option, Sequence):
            yield from (part for item in option.items for part in _parts(item))
        else:
            yield option


def _verifies(
    project: Project, value: Value, handler: FunctionId, verifying: Collection[FunctionId]
) -> bool:
    if isinstance(value, Closure):
        return value.id != handler and value.id in verifying
    if isinstance(value, Outcome):
        made = value.call.target
        if made is not None:  # a function of the project that makes a guard
            return any(
                f.path == made.path and f.qualname.startswith(f"{made.qualname}.")
                for f in verifying
            )
        if any(
            isinstance(a.value, Const) and a.value.value == "local" for a in value.call.arguments
        ):
            return False
        return has_role(project, value, *VERIFYING) or _is_guard(value.call.name)
    if isinstance(value, Symbol):
        return _is_guard(value.name)
    return isinstance(value, (Member, Param, Unknown)) and any(map(_is_guard, names_of(value)))


def _is_guard(name: str) -> bool:
    said = set(words(name.rpartition(".")[2]))
    return not said.isdisjoint(told("guards")) and said.isdisjoint(("optional", "maybe"))


_used: WeakKeyDictionary[Project, dict[str, list[Call]]] = WeakKeyDictionary()


def _used_before(project: Project, call: Call) -> Iterator[Call]:
    """The calls before this one that give the same application something for every request."""
    found = _used.get(project)
    if found is None:
        found = _used[project] = {}
        for one in project.calls:
            if one.name.rpartition(".")[2] in _USING:
                found.setdefault(one.place.path, []).append(one)
    for use in found.get(call.place.path, ()):
        texts = (a.value.value for a in use.arguments if isinstance(a.value, Const))
        if (
            use.order < call.order
            and use.scope == call.scope
            and all(text in _ALWAYS for text in texts)
            and same(use.receiver or ABSENT, call.receiver or ABSENT)
        ):
            yield use
