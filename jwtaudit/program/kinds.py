"""What a minted token is for, as far as the names around it tell."""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.names import pairs, words
from jwtaudit.program.scopes import Assigned, Returned, Tested
from jwtaudit.resources import words_of_data
from jwtaudit.values import Call, Const, Instance, Outcome, Setting, Table, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId, Value


class Kind(enum.Enum):
    """The use of a token."""

    REFRESH = "refresh"
    STATE = "state"  # goes to another party and back with the browser: RFC 6749, section 10.12
    LINK = "link"  # sent once, by e-mail: invitations, resets, confirmations
    MACHINE = "machine"  # meant to last: API keys, devices, licences
    ACCESS = "access"
    UNKNOWN = "unknown"


_WORDS = {
    Kind.STATE: frozenset(
        {"oauth_state", "auth_state", "login_state", "sso_state", "oidc_state", "google_state"}
        | {"github_state", "signed_state", "state_token", "state_jwt", "state_payload"}
        | {"create_state", "generate_state", "make_state", "build_state", "encode_state"}
        | {"issue_state", "sign_state", "mint_state", "new_state"}
    ),
    Kind.REFRESH: frozenset({"refresh", "refreshtoken", "remember"}),
    Kind.LINK: frozenset(
        {"reset", "recovery", "recover", "invite", "invitation", "invitations", "confirm"}
        | {"confirmation", "activation", "activate", "email", "mail", "unsubscribe", "magic"}
        | {"verification", "verify", "share", "download", "forgot", "set_password", "link"}
    ),
    Kind.MACHINE: frozenset(
        {"apikey", "apikeys", "api_key", "api_keys", "api_token", "service", "machine", "bot"}
        | {"device", "worker", "agent", "license", "licence", "personal", "runner", "plugin"}
        | {"permanent", "offline", "static", "deploy", "pat", "longlived", "long_lived", "robot"}
        | {"client_secret", "assertion", "trusted"}
    ),
    Kind.ACCESS: frozenset({"access", "login", "session", "auth", "bearer", "browser", "user"}),
}
# The claims that tell a token's kind, the most telling first.
_TELLING = ("type", "token_type", "typ", "use", "token_use", "purpose", "scope", "kind", "aud")
KIND_CLAIMS = frozenset(_TELLING) | frozenset(
    {"tokenType", "tokenUse", "tokenKind", "token_kind", "grant", "isRefresh", "is_refresh"}
    | {"refresh", "scopes", "ttype", "jwt_type", "t", "fresh"}
)
# A class of the program's own layers, or what makes one.
_LAYER = re.compile(
    r"(?<=[a-z])(?:Service(?:Impl)?(?=$|\.)"
    r"|(?:Service|Plugin|Worker|Agent)(?=(?:Callback|Factory|Provider|Module|Handler)(?:$|\.)))"
)


def token_kind(
    site: Site, payload: Iterable[Table], lifetime: Value | None = None, *, around: bool = True
) -> Kind:
    """The kind of the token that a signing call makes; the nearest name decides.

    ``around``: also by the functions in which it is made, whatever else they do.
    """
    for name in _names(site, payload, lifetime, around=around):
        kind = kind_of(name)
        if kind is Kind.ACCESS and _is_for_machines(site):
            return Kind.MACHINE
        if kind is not Kind.UNKNOWN:
            return kind
    return Kind.UNKNOWN


def _is_for_machines(site: Site) -> bool:
    """Whether an access token is ordered by a function that makes API keys of them."""
    return any(
        kind_of(call.scope.qualname.rpartition(".")[2]) is Kind.MACHINE for call in site.chain
    )


def kind_of(name: str) -> Kind:
    """The kind that a name speaks of."""
    found = pairs(_LAYER.sub("", name))
    if found == {"state"}:
        return Kind.STATE
    for kind, telling in _WORDS.items():
        if found & telling:
            return kind
    return Kind.UNKNOWN


def named_kind(project: Project, value: Value) -> Kind:
    """The kind that the names speak of through which a value came, nearest to it first.

    They are those of variables, and of the entry of a table in which it stands.
    """
    kinds = map(kind_of, chain(_variables(value), _entries(project, value)))
    return next((kind for kind in kinds if kind is not Kind.UNKNOWN), Kind.UNKNOWN)


def _entries(project: Project, value: Value) -> Iterable[str]:
    if project not in _keys:
        _keys[project] = defaultdict(list)
        for event in project.events:
            if isinstance(event, Assigned) and isinstance(event.value, Table):
                for key, held in event.value.entries.items():
                    _keys[project][held.place].append(str(key))
    return () if value.place is None else _keys[project].get(value.place, ())


_keys: WeakKeyDictionary[Project, dict[Place | None, list[str]]] = WeakKeyDictionary()
"""Under which keys of a table that is assigned values stand."""


def _variables(value: Value) -> Iterator[str]:
    for hop in value.trace:
        quoted = re.search(r"`([^`]+)`", hop.what)
        if quoted and "returned" not in hop.what:
            yield quoted[1]


def branch_kind(project: Project, call: Call | None) -> Kind:
    """The kind that the branch around a call was taken for: ``if kind == "refresh":``, ``else``."""
    for arm in reversed(call.path if call is not None else ()):
        tests = [
            event
            for event in project.events_in(call.place.path if call is not None else "")
            if isinstance(event, Tested)
            and call is not None
            and arm.start <= event.place.span.start < call.place.span.start
        ]
        if arm.side not in ("then", "else") or not tests:
            continue
        test = min(tests, key=lambda event: event.place.span.start)
        for part in walk(test.value):
            if isinstance(part, Const) and isinstance(part.value, str):
                kind = kind_of(part.value)
                return kind if arm.side == "then" else _OTHER.get(kind, Kind.UNKNOWN)
    return Kind.UNKNOWN


# What is left where a token is not of the one kind.
_OTHER = {Kind.ACCESS: Kind.REFRESH, Kind.REFRESH: Kind.ACCESS}


def holders(project: Project, call: Call, *, within: FunctionId | None = None) -> Iterator[str]:
    """The variables and fields that a call's result is put into, or what its function makes.

    ``within``: only those of this function.
    """
    scope = project.scope(call.scope)
    made = [
        event
        for event in (scope.events if scope is not None else ())
        if isinstance(event, Assigned)
        and any(step.place == call.place for step in event.value.trace)
    ]
    for use in (*project.uses(call), *made):
        if within not in (None, use.scope):
            continue
        if isinstance(use, Assigned) and not any(isinstance(o, Table) for o in options(use.value)):
            yield use.name  # what holds several things says nothing of one of them
    for key, held in _fields(project, scope) if scope is not None else ():
        if (isinstance(held, Outcome) and held.call.place == call.place) or (
            call.target is not None and any(step.place == call.place for step in held.trace)
        ):
            yield key


def _fields(project: Project, scope: FunctionScope) -> list[tuple[str, Value]]:
    """What stands under keys of mappings, or in fields of objects, that a function handles."""
    known = _held.setdefault(project, {})
    if scope.id not in known:
        known[scope.id] = [
            entry
            for event in scope.events
            if isinstance(event, (Returned, Assigned))
            for part in walk(event.value)
            for entry in _entries_in(part)
        ]
    return known[scope.id]


_held: WeakKeyDictionary[Project, dict[FunctionId, list[tuple[str, Value]]]] = WeakKeyDictionary()


def _entries_in(value: Value) -> list[tuple[str, Value]]:
    """What a mapping holds by its keys, or an object by what its class is given."""
    if isinstance(value, Table):
        return [(str(key), held) for key, held in value.entries.items()]
    made = value.call if isinstance(value, Instance) else None
    return [(a.name, a.value) for a in (made.arguments if made else ()) if a.name is not None]


def _gives_several(project: Project, call: Call) -> bool:
    """Whether a function gives tokens of which one is for this and one for that."""
    scope = project.scope(call.target) if call.target is not None else None
    return any(
        len(set(map(kind_of, names))) > 1
        for event in (scope.events if scope is not None else ())
        if isinstance(event, Returned)
        for option in options(event.value)
        for names in ([n for n, held in _entries_in(option) if _is_token(project, held)],)
    )


def _renews(project: Project, call: Call) -> bool:
    """Whether a function renews a token that it verifies: `refresh_jwt(token)`."""
    if words(call.name.rpartition(".")[2])[:1] != ("refresh",) or call.target is None:
        return False
    scope = project.scope(call.target)
    models = (project.model_of(e) for e in scope.events if isinstance(e, Call)) if scope else ()
    return any(model is not None and model.role == "verify" for model in models)


def _is_token(project: Project, value: Value) -> bool:
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    return model is not None and model.role == "sign"


def _gives_it(site: Site) -> bool:
    """Whether the function that makes a token gives just that."""
    place = (site.call.origin or site.call).place
    return site.scope is not None and any(
        isinstance(option, Outcome) and option.call.place == place
        for event in site.scope.events
        if isinstance(event, Returned)
        for option in options(event.value)
    )


def _names(
    site: Site, payload: Iterable[Table], lifetime: Value | None, *, around: bool
) -> Iterator[str]:
    for table in payload:
        for claim in _TELLING:
            value = table.entries.get(claim)
            if not isinstance(value, Const) or not isinstance(value.value, str):
                continue
            if claim == "aud" and kind_of(value.value) is Kind.ACCESS:
                continue  # whom it is for may be called after what it does: `auth-service`
            yield value.value
    if lifetime is not None:
        if isinstance(lifetime, Setting):
            yield lifetime.name
        yield from _variables(lifetime)
    made = site.call.origin or site.call
    if site.chain and not _gives_it(site):  # what its callers keep is another thing
        yield from holders(site.project, made, within=made.scope)
    for call in site.chain:
        yield from holders(site.project, call)
    yield from holders(site.project, made, within=made.scope)
    several = words_of_data("name-words", "several")
    for call in site.chain:
        if several.isdisjoint(words(call.name)[-1:]) and not (
            _gives_several(site.project, call) or _renews(site.project, call)
        ):
            yield call.name
    yield from holders(site.project, made)  # also of what other callers have made by it
    yield site.model.name.rpartition(".")[2]
    if "*." in site.call.name:
        yield site.call.name.rpartition(".")[0]  # a plugin that was given a name: `jwt.refresh`
    maker = site.call.scope.qualname
    # What only refreshes takes a token of one kind, and gives one of another.
    if around or (_gives_it(site) and words(maker.rpartition(".")[2]) != ("refresh",)):
        yield maker
    if site.chain and around:
        yield site.chain[-1].scope.qualname
