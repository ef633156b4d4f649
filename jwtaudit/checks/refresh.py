"""Refresh tokens: what becomes of them where they are made."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import claim_sets, is_tested
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.kinds import Kind, kind_of, token_kind
from jwtaudit.program.names import names_of, pairs, words
from jwtaudit.program.origins import steps
from jwtaudit.program.scopes import Returned, Stored
from jwtaudit.program.token_sources import name_called
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Call,
    Const,
    Instance,
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
    from collections.abc import Callable, Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place


_NAMED = re.compile(r"`([\w.]+)")
_IDENTIFIERS = (("id",), ("jti",), ("ids",))


@check("refresh-token-stored-raw")
def refresh_token_stored_raw(project: Project) -> Iterator[Draft]:
    """A refresh token is kept as it is, and whoever reads what is kept can use it."""
    seen = set()
    held = _held(project)
    for made in _made(project):
        for event in held.get(made.call.place, ()):
            place = _kept_at(project, made, event)
            if place is None or is_test(place.path):
                continue
            start = (place.path, place.span.start)  # `create({...}).save()` is two calls
            if start in seen:
                continue
            seen.add(start)
            shown = is_demonstration(place.path, event.path)
            yield Draft(
                "",
                place,
                "a refresh token is stored as it is: whoever reads the database, a backup or a log"
                " of queries can go on with every session until it expires",
                Confidence.LOW if shown else Confidence.MEDIUM,
                trace=steps(Outcome(made.call, place=made.call.place), place, "stored here"),
                advice="Store a SHA-256 hash of it, or its `jti`, and compare that.",
                anchor=enclosing(project, place),
            )


def _held(project: Project) -> dict[Place, list[Event]]:
    """The events by the calls whose outcomes they have at hand, or a record made with them."""
    found: dict[Place, list[Event]] = defaultdict(list)
    for event, parts in project.parts:
        made = event.receiver if isinstance(event, Call) else None
        given = made.call.arguments if isinstance(made, Outcome) else ()
        inside = (part for argument in given for part in walk(argument.value))
        for place in {
            part.call.place for some in (parts, inside) for part in some if type(part) is Outcome
        }:
            found[place].append(event)
    return found


class _Made(NamedTuple):
    """A call that makes tokens, and whether these are refresh tokens whatever they are called."""

    call: Call
    one_kind: bool


def _made(project: Project) -> Iterator[_Made]:
    """What signs tokens, or draws them by chance."""
    for site in project.sites("sign"):
        if not is_tested(site):
            yield _Made(site.call, _makes_one_kind(site))
    for site in project.sites("generator"):
        if not is_tested(site):
            yield _Made(site.call, one_kind=False)
    methods = {
        scope.short_name
        for site in project.sites("sign")
        if (scope := site.scope) is not None and _gives_refresh(scope, site)
    }
    for call in project.calls if methods else ():
        # A method of a record, which an object mapper gives to what it reads.
        if call.target is None and name_called(call) in methods and not project.model_of(call):
            yield _Made(call, one_kind=True)


def _gives_refresh(scope: FunctionScope, site: Site) -> bool:
    """Whether a function gives the token that it makes, and says that this is a refresh token."""
    return kind_of(scope.short_name) is Kind.REFRESH and any(
        isinstance(option, Outcome) and option.call.place == site.place
        for event in scope.events
        if isinstance(event, Returned)
        for option in options(event.value)
    )


def _makes_one_kind(site: Site) -> bool:
    """Whether a call makes refresh tokens and no others."""
    if site.chain:  # a wrapper may be used for several, unless it says for which
        return kind_of(site.call.scope.qualname.rpartition(".")[2]) is Kind.REFRESH
    lifetime = site.argument("lifetime")
    return token_kind(site, claim_sets(site), lifetime) is Kind.REFRESH


def _kept_at(project: Project, made: _Made, event: Event) -> Place | None:
    """Where an event puts the token itself so that it outlives the request."""

    def holds(value: Value) -> bool:
        # What a function makes of the token is another value, and is not looked into.
        return any(_is_of(made, option) for part in walk(value) for option in options(part))

    if isinstance(event, Call) and event.target is not None:
        inner = project.scope(event.target)
        names = {a.name for a in event.arguments if holds(a.value)}

        def is_given(value: Value) -> bool:
            return any(
                isinstance(part, Param) and part.function == event.target and part.name in names
                for part in walk(value)
            )

        if inner is None or not names:
            return None
        kept = (e.place for e in inner.events if _keeps(project, e, is_given))
        by_name = None if _changes(inner) or not _says_so(event) else event.place
        return next(kept, by_name)
    return event.place if _keeps(project, event, holds) else None


def _is_of(made: _Made, value: Value) -> bool:
    """Whether a value is the token; of what a wrapper makes for several uses, by its name."""
    if not isinstance(value, Outcome) or value.call.place != made.call.place:
        return False
    told = (name for hop in value.trace for name in _NAMED.findall(hop.what))
    return made.one_kind or any(
        kind_of(name) is Kind.REFRESH and words(name)[-1:] not in _IDENTIFIERS
        for name in (*told, *names_of(value))
    )


def _keeps(project: Project, event: Event, holds: Callable[[Value], bool]) -> bool:
    if isinstance(event, Stored):
        return holds(event.value) and _is_field(event) and _is_written(project, event)
    if not isinstance(event, Call) or event.target is not None:
        return False
    if not any(holds(argument.value) for argument in event.arguments):
        return _is_saved(event, holds)
    if _is_added(project, event):
        return True
    model = project.model_of(event)
    if model is not None and model.role == "sql":
        return any(map(_is_writing, walk(event.arguments[0].value)))
    if model is not None and model.role != "mapping":
        return False
    return _says_so(event)


def _is_saved(event: Call, holds: Callable[[Value], bool]) -> bool:
    """Whether a record that was made with the token is written: ``new Session({...}).save()``."""
    made = event.receiver
    return (
        isinstance(made, Outcome)
        and event.name.rpartition(".")[2].lower() in _words("writers")
        and any(holds(argument.value) for argument in made.call.arguments)
    )


def _is_added(project: Project, made: Call) -> bool:
    """Whether a record that a call makes is given to a session: ``db.add(RefreshToken(...))``."""
    scope = project.scope(made.scope)
    return any(
        isinstance(option, (Instance, Outcome)) and option.call and option.call.place == made.place
        for event in (() if scope is None else scope.events)
        if isinstance(event, Call) and event.name.rpartition(".")[2] in _words("of-records")
        for argument in event.arguments
        for option in options(argument.value)
    )


def _changes(scope: FunctionScope) -> bool:
    """Whether a function may make something else of what it keeps."""
    return any(
        isinstance(event, Call) and _words("changing") & pairs(event.name) for event in scope.events
    )


def _says_so(event: Call) -> bool:
    """Whether a call keeps what it is given, by its name and that of what it is made on."""
    owner, _, method = event.name.rpartition(".")
    if method.lower() in _words("surely"):
        return True
    named = bool(_words("keepers") & pairs(owner))  # the name of a class
    verb = method.lower()
    if "refresh" in pairs(method):  # `repository.saveRefreshToken(...)`
        verb = words(method)[0]
    return verb in _words("perhaps") and (named or _is_keeper(event.receiver))


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
        if any(_words("keepers") & pairs(name) for name in names):
            return True
        if isinstance(receiver, Outcome):  # `db.update(table).set(...)`
            receiver = receiver.call.receiver
        else:
            receiver = receiver.base if isinstance(receiver, Member) else None
    return False


def _is_field(event: Stored) -> bool:
    """Whether a field of a record is set that is called a refresh token."""
    key = event.key.value if isinstance(event.key, Const) else None
    is_record = any(
        isinstance(o, (Param, Outcome, Member)) or (isinstance(o, Unknown) and o.why == "this")
        for o in options(event.base)
    )
    return isinstance(key, str) and "refresh" in pairs(key) and is_record


def _is_written(project: Project, event: Stored) -> bool:
    """Whether the record is written to where it is kept, later in the function."""
    scope = project.scope(event.scope)
    return scope is not None and any(
        isinstance(later, Call)
        and later.order > event.order
        and later.name.rpartition(".")[2].lower() in _words("writers")
        for later in scope.events
    )


def _words(name: str) -> frozenset[str]:
    return words_of_data("keeping", name)
