"""Tokens that are looked for in a store, besides being verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.names import names_of
from jwtaudit.program.scopes import Tested
from jwtaudit.values import Call, Operation, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Value


def is_looked_for(site: Site) -> bool:
    """Whether the functions around a verifying call look for the token itself, or compare it."""
    raw = site.call.origin or site.call  # before its callers' names took the place of its own
    tokens = (site.argument("token"), site.project.argument(raw, site.model, "token"))
    names = {name for token in tokens for name in names_of(token)}
    calls = site.calls
    own = {call.place for call in calls}
    scopes = [site.project.scope(call.scope) for call in calls]
    return any(
        names & set(names_of(part))
        for scope in scopes
        if scope is not None
        for event in scope.events
        if event.place not in own
        for value in _looked_at(site, event)
        for part in walk(value)
    )


def _looked_at(site: Site, event: Event) -> Iterator[Value]:
    """What a call of something that is no part of a library is given, or what is compared."""
    if isinstance(event, Call):
        if site.project.model_of(event) is None:
            yield from (argument.value for argument in event.arguments)
    elif isinstance(event, Tested):
        for part in walk(event.value):
            if isinstance(part, Operation) and len(part.operands) > 1:
                yield from part.operands
