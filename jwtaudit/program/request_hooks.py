"""Functions that every request of an HTTP client goes through, and what they add to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.scopes import Stored
from jwtaudit.program.token_sources import has_role
from jwtaudit.values import Closure, Const, Member, Outcome, Param, Table, Value, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site


class Added(NamedTuple):
    """What a hook sets of a request: the part (``headers``, ``params``), the name, the value."""

    site: Site
    event: Stored
    part: str
    name: str
    value: Value


def added(project: Project) -> Iterator[Added]:
    """What the hooks of HTTP clients put into requests."""
    for site in project.sites("request-hook"):
        hook = site.argument("hook")
        scope = project.scope(hook.id) if isinstance(hook, Closure) else None
        for event in scope.events if scope is not None else ():
            if not isinstance(event, Stored) or not isinstance(event.key, Const):
                continue
            key = str(event.key.value)
            for base in options(event.base):
                if isinstance(base, Param) and base.function == event.scope:
                    for table in options(event.value):
                        entries = table.entries if isinstance(table, Table) else {}
                        for name, value in entries.items():
                            yield Added(site, event, key, str(name), value)
                elif isinstance(base, Member) and isinstance(base.base, Param) and base.name:
                    yield Added(site, event, base.name, key, event.value)


def client_addresses(project: Project, site: Site) -> Iterator[Value]:
    """Where the client sends requests that a call is made on: ``axios.create({ baseURL })``."""
    for part in () if site.call.receiver is None else walk(site.call.receiver):
        if isinstance(part, Outcome) and has_role(project, part, "http-client"):
            model = project.model_of(part.call)
            if model is not None:
                yield project.argument(part.call, model, "url")
