"""Refresh tokens: what becomes of them where they are made."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import claim_sets, is_tested
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.kinds import Kind, token_kind
from jwtaudit.program.kinds import words as words_of
from jwtaudit.program.names import names_of
from jwtaudit.program.origins import steps
from jwtaudit.program.scopes import Stored
from jwtaudit.values import (
    Call,
    Const,
    Member,
    Outcome,
    Param,
    Symbol,
    Unknown,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.project import Site
    from jwtaudit.program.scopes import Event


@check("refresh-token-stored-raw")
def refresh_token_stored_raw(project: Project) -> Iterator[Draft]:
    """A refresh token is kept as it is, and whoever reads what is kept can use it."""
    seen = set()
    for site in project.sites("sign"):
        if is_tested(site) or not _is_refresh(site):
            continue
        for event in project.uses(site.call):
            if event.place in seen or is_test(event.place.path) or not _keeps(project, site, event):
                continue
            seen.add(event.place)
            shown = is_demonstration(event.place.path, event.path)
            yield Draft(
                "",
                event.place,
                "a refresh token is stored as it is: whoever reads the database, a backup or a log"
                " of queries can go on with every session until it expires",
                Confidence.LOW if shown else Confidence.MEDIUM,
                trace=steps(site.outcome(), event.place, "stored here"),
                advice="Store a SHA-256 hash of it, or its `jti`, and compare that.",
                anchor=event.scope.qualname,
            )


def _is_refresh(site: Site) -> bool:
    lifetime = site.argument("lifetime")
    return token_kind(site, claim_sets(site), lifetime) is Kind.REFRESH


def _keeps(project: Project, site: Site, event: Event) -> bool:
    """Whether an event puts the token itself where it outlives the request."""
    if isinstance(event, Stored):
        return _holds(site, event.value) and _is_field(event) and _is_written(project, event)
    if not isinstance(event, Call) or event.target is not None:
        return False
    given = [a.value for a in event.arguments if _holds(site, a.value)]
    if not given:
        return False
    model = project.model_of(event)
    if model is not None and model.role == "sql":
        first = event.arguments[0].value
        return any(_is_writing(part) for part in walk(first))
    if model is not None and model.role != "mapping":
        return False
    method = event.name.rpartition(".")[2].lower()
    if method in _words("surely"):
        return True
    return method in _words("perhaps") and _is_keeper(event.receiver)


def _holds(site: Site, value: Value) -> bool:
    """Whether the token is in a value as it is; what a function makes of it is another one."""
    return any(isinstance(p, Outcome) and p.call.place == site.place for p in walk(value))


def _is_writing(value: Value) -> bool:
    return isinstance(value, Const) and str(value.value).lower().lstrip().startswith(
        ("insert", "update", "replace")
    )


def _is_keeper(receiver: Value | None) -> bool:
    """Whether something keeps what it is given, by its name: ``redis``, ``tokenRepository``."""
    while receiver is not None:
        names = list(names_of(receiver))
        names += [receiver.name] if isinstance(receiver, Symbol) else []
        names += [receiver.why] if isinstance(receiver, Unknown) else []  # of a module
        if any(_words("keepers") & set(words_of(name)) for name in names):
            return True
        receiver = receiver.base if isinstance(receiver, Member) else None
    return False


def _is_field(event: Stored) -> bool:
    """Whether a field of a record is set that is called a refresh token."""
    key = event.key.value if isinstance(event.key, Const) else None
    is_record = any(isinstance(o, (Param, Outcome, Member)) for o in options(event.base))
    return isinstance(key, str) and "refresh" in words_of(key) and is_record


def _is_written(project: Project, event: Stored) -> bool:
    """Whether the record is written to where it is kept, later in the function."""
    scope = project.scope(event.scope)
    return scope is not None and any(
        isinstance(later, Call)
        and later.order > event.order
        and later.name.rpartition(".")[2].lower() in _words("writers")
        for later in scope.events
    )


@functools.lru_cache(maxsize=8)
def _words(name: str) -> frozenset[str]:
    import tomli  # noqa: PLC0415 - only where a token is stored

    from jwtaudit.resources import rules_directory  # noqa: PLC0415

    data = tomli.loads((rules_directory() / "data" / "keeping.toml").read_text("utf-8"))
    return frozenset(data[name])
