"""Tokens that are taken from the query string of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.bearers import handling
from jwtaudit.program.claims import is_tested
from jwtaudit.program.context import is_test
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.links import is_link
from jwtaudit.program.names import is_link_name, is_token_name, names_of, words
from jwtaudit.program.scopes import Assigned, Raised, Returned, Tested
from jwtaudit.program.token_sources import has_role, is_request, name_called
from jwtaudit.program.travels import deep
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Symbol,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

_KEYS = frozenset({"jwt", "auth", "bearer", "authorization"})
_SOCKET = frozenset({"websocket", "ws", "socket", "socketio", "sse"})
# What OpenID Connect itself puts there: hints of a logout, the state of a request.
_NO_LOGIN = frozenset({"hint", "state", "request", "assertion", "provider"})
_QUERIES = frozenset({"query", "searchParams", "query_params", "GET"})
# What the events of functions without a server call it, whatever these are called themselves.
_EVENT_QUERIES = frozenset({"queryStringParameters", "multiValueQueryStringParameters"})
# ASGI, HTTP and WebSocket scopes.
_RAW_QUERY, _SCOPE = "query_string", frozenset({"scope"})
_URLS = frozenset({"url", "originalUrl", "nextUrl"})
_REQUESTS = frozenset({"req", "request", "ctx", "context", "handshake", "url", "event", "c"})
WHY = (
    "URLs stand in server logs, browser histories and `Referer` headers, and whoever reads one"
    " there is let in"
)


def names_token(key: str) -> bool:
    """Whether a token stands under a key, by its name."""
    return is_token_name(key) or key.lower() in _KEYS


def taken_from_queries(project: Project) -> Iterator[Draft]:
    """A finding for each token that is taken from the query string of a request."""
    used = dict(_used_queries(project))
    taken = {(call.scope, _asked(call)) for call in project.calls if call.place in used}
    for call in project.calls:
        model = project.model_of(call)
        if model is None or model.role != "query" or _NO_LOGIN & _asked(call):
            continue
        if is_link_name("_".join(_asked(call))):
            continue
        if _is_only_refused(project, call) or _only_names_cookie(project, call):
            continue
        sink = used.get(call.place)
        if sink is None and (call.scope, _asked(call)) in taken:
            continue  # a look whether it is there, beside the read that counts
        if sink is not None or _looks_like_token(project, call):
            spoken = [call.name, call.scope.qualname, *_names_inside(call.receiver)]
            yield from _from_query(project, call.place, call.scope, sink, spoken)
    for parameter, sink in _open_parameters(project):
        yield from _from_query(project, sink.source, parameter.function, sink, [])
    for member, place, scope, sink in _query_members(project):
        spoken = [*_names_inside(member), *(["websocket"] if _holds_raw_query(member) else [])]
        yield from _from_query(project, place, scope, sink, spoken)


def _from_query(
    project: Project, place: Place, scope: FunctionId, sink: _Sink | None, spoken: list[str]
) -> Iterator[Draft]:
    scopes = (scope, *(() if sink is None else sink.scopes))
    if is_test(place.path) or any(is_link(project, each) for each in scopes):
        return
    if is_link_name(enclosing(project, place)):
        return  # where a parameter says what it is filled with
    socket = any(map(_is_socket, (*spoken, *(() if sink is None else sink.names))))
    yield Draft(
        rule="",
        place=place,
        message=f"a token is taken from the query string: {WHY}",
        advice="Take it from the `Authorization` header, or from an `HttpOnly` cookie."
        + (" For a WebSocket, send it as the first message." if socket else ""),
        confidence=Confidence.HIGH if sink is not None and not socket else Confidence.MEDIUM,
        trace=()
        if sink is None
        else ((place, "read from the query string"), (sink.place, "used as a token here")),
        anchor=f"{scope.qualname}:query",
    )


class _Sink(NamedTuple):
    """Where something read is used as a token."""

    source: Place
    place: Place
    scopes: tuple[FunctionId, ...]
    names: tuple[str, ...]


def _used_queries(project: Project) -> Iterator[tuple[Place, _Sink]]:
    """The reads of a query string whose value is taken for a token."""
    for site, part in _read_tokens(project):
        found = (part, *(_declared(part) if isinstance(part, Param) else ()))
        for value in found:
            # a method that is asked for nothing by name is a query of another kind
            if isinstance(value, Outcome) and (value.call.receiver is None or _asked(value.call)):
                yield value.call.place, _sink(site, part, value.call.place)


def _query_members(
    project: Project,
) -> Iterator[tuple[Value, Place, FunctionId, _Sink | None]]:
    """Reads of a query string that a request holds: ``req.query.token``, or in its URL.

    A look whether it is there, beside the read that counts, is no second one.
    """
    seen: set[tuple[FunctionId, str | None]] = set()
    for site, part in _read_tokens(project):
        name = None if _is_of_answer(project, part) else _asked_member(part)
        if name is not None and part.place is not None and not _is_of_link(part, name):
            key = (site.call.scope, name)
            if key not in seen:
                seen.add(key)
                yield part, part.place, site.call.scope, _sink(site, part, part.place)
    for event, parts in sorted(project.parts, key=lambda pair: isinstance(pair[0], Tested)):
        path = event.place.path
        if isinstance(event, Tested) and _turns_away(project, event):
            continue
        if not project.is_script(path) or path not in handling(project):
            continue
        if isinstance(event, Assigned) and is_link_name(event.name):
            continue
        for part in parts:
            if (
                isinstance(part, Member)
                and part.place is not None
                and part.name is not None
                and names_token(part.name)
                and not _is_of_link(part, part.name)
                and _is_query(part.base)
                and (event.scope, part.name) not in seen
                and not (isinstance(event, Tested) and _is_whole(event.value, part))
            ):
                seen.add((event.scope, part.name))
                yield part, part.place, event.scope, None


def _is_whole(tested: Value, part: Value) -> bool:
    """Whether it is only asked whether something is there."""
    if isinstance(tested, Operation) and tested.operator == "not":
        tested = tested.operands[0]
    return tested.place == part.place


def _is_of_answer(project: Project, value: Value | None) -> bool:
    """Whether a value is read of what another server has answered, whatever that was asked with."""
    for option in options(value) if value is not None else ():
        if isinstance(option, Outcome) and has_role(project, option, "http-request"):
            return True
        owner = option.base if isinstance(option, Member) else None
        if isinstance(option, Outcome):
            owner = option.call.receiver
        if owner is not None and _is_of_answer(project, owner):
            return True
    return False


def _is_of_link(part: Value, name: str) -> bool:
    """Whether what is read stood in a link that was mailed, by its name or a variable's."""
    return any(map(is_link_name, (name, *names_of(part))))


def _asked_member(value: Value) -> str | None:
    """The name that a request's query string is asked for: ``new URL(req.url)...get("token")``."""
    if isinstance(value, Member) and (_is_query(value.base) or _is_of_scope(value)):
        return value.name
    if isinstance(value, Outcome) and value.call.name.endswith(".get") and value.call.receiver:
        asked = value.call.receiver
        of_request = _holds_url(asked) or _holds_raw_query(asked)
        return next(_texts_asked(value.call), None) if of_request else None
    return None


def _is_of_scope(value: Member) -> bool:
    """Whether a value is an entry of the query string of a connection, taken apart."""
    return value.item and value.name is not None and _holds_raw_query(value.base)


def _holds_raw_query(value: Value) -> bool:
    """Whether a value is made of the query string in the scope of an ASGI connection."""
    for part in deep(value):
        if isinstance(part, Outcome) and part is not value and part.call.name.endswith(".get"):
            first = part.call.arguments[0].value if part.call.arguments else None
            name, base = getattr(first, "value", None), part.call.receiver
        else:
            name, base = getattr(part, "name", None), getattr(part, "base", None)
        if name == _RAW_QUERY and base is not None and _SCOPE & set(_last_words(base)):
            return True
    return False


def _last_words(value: Value) -> Iterator[str]:
    for name in names_of(value):
        yield from words(name)[-1:]


def _is_query(value: Value) -> bool:
    """Whether a value is the query string of a request, taken apart."""
    if isinstance(value, Member) and value.name in _EVENT_QUERIES:
        return True
    return (
        isinstance(value, Member)
        and value.name in _QUERIES
        and (
            any((_REQUESTS | _SOCKET) & set(words(name)) for name in _names_inside(value.base))
            or _is_taken_apart(value.base)
            or _holds_url(value.base)
        )
    )


def _is_taken_apart(value: Value) -> bool:
    """Whether a value is a parameter without a name: ``({ query }) => ...``."""
    return isinstance(value, Param) and not value.name.isidentifier()


def _holds_url(value: Value) -> bool:
    """Whether a value is made of the URL that a request came to."""
    return any(
        isinstance(part, Member) and part.name in _URLS and any(map(is_request, walk(part.base)))
        for part in deep(value)
    )


def _open_parameters(project: Project) -> Iterator[tuple[Param, _Sink]]:
    """Parameters of a function that answers requests, which no path and no default explains."""
    for site, part in _read_tokens(project):
        if isinstance(part, Param) and part.place is not None and _is_open(project, part):
            yield part, _sink(site, part, part.place)


def _is_open(project: Project, parameter: Param) -> bool:
    """Whether the framework fills a parameter from the query string."""
    kind = parameter.annotation
    if not isinstance(kind, Symbol) or kind.name != "str":
        return False
    if not isinstance(parameter.default, (Absent, Const)):
        return False
    function = project.scope(parameter.function)
    for decorator in () if function is None else function.decorators:
        model = project.model_of(decorator.call) if isinstance(decorator, Outcome) else None
        if model is not None and model.role == "route" and isinstance(decorator, Outcome):
            path = project.argument(decorator.call, model, "path")
            if isinstance(path, Const) and isinstance(path.value, str):
                return f"{{{parameter.name}" not in path.value
    return False


def _read_tokens(project: Project) -> Iterator[tuple[Site, Value]]:
    for site in project.sites("verify", "verify-signature", "decode-unverified"):
        for part in () if is_tested(site) else walk(site.argument("token")):
            if not isinstance(part, Param) or not (
                _NO_LOGIN & set(words(part.name)) or is_link_name(part.name)
            ):
                yield site, part


def _sink(site: Site, part: Value, source: Place) -> _Sink:
    scopes = [site.call.scope, *(call.scope for call in site.chain)]
    names = [scope.qualname for scope in scopes]
    if isinstance(part, Param):
        scopes.append(part.function)
        names += [part.name, part.function.qualname]
    return _Sink(source, site.place, tuple(scopes), tuple(names))


def _declared(parameter: Param) -> Iterator[Value]:
    """What a framework puts into a parameter: by its default, or by its annotation."""
    yield from options(parameter.default)
    if isinstance(parameter.annotation, Sequence):
        yield from parameter.annotation.items


def _is_only_refused(project: Project, call: Call) -> bool:
    """Whether the only use of what is read is to refuse a request that has it."""
    uses = project.uses(call)
    return bool(uses) and all(
        isinstance(use, Tested) and use.then_exits and _refuses(project, use) for use in uses
    )


def _only_names_cookie(project: Project, call: Call) -> bool:
    """Whether what is read is what a cookie is called, by which a page sees an answer."""
    uses = [use for use in project.uses(call) if not isinstance(use, (Tested, Assigned))]
    models = [project.model_of(use) if isinstance(use, Call) else None for use in uses]
    return bool(uses) and all(
        isinstance(use, Call)
        and model is not None
        and model.role == "cookie"
        and _is_of(project.argument(use, model, "name"), call)
        and not _is_of(project.argument(use, model, "value"), call)
        for use, model in zip(uses, models, strict=True)
    )


def _is_of(value: Value, call: Call) -> bool:
    return isinstance(value, Outcome) and value.call.place == call.place


def _turns_away(project: Project, test: Tested) -> bool:
    """Whether a request that has something is refused for that."""
    asks_for_none = isinstance(test.value, Operation) and test.value.operator == "not"
    return test.then_exits and not asks_for_none and _refuses(project, test, silent=False)


def _refuses(project: Project, test: Tested, *, silent: bool = True) -> bool:
    """Whether what follows where a test holds says no."""
    scope = project.scope(test.scope)
    answers = [
        event
        for event in (scope.events if scope is not None else ())
        if isinstance(event, (Raised, Returned))
        and any(test.is_side("then", arm) for arm in event.path)
    ]
    if not answers:
        return silent
    return all(isinstance(event, Raised) or _says_no(event.value) for event in answers)


def _says_no(answer: Value) -> bool:
    """Whether what a function gives back is nothing, or made by a failure or with an error."""
    if isinstance(answer, Outcome):
        given = (argument.value for argument in answer.call.arguments)
        made = (name_called(v.call) for v in (answer, *given) if isinstance(v, Outcome))
        failing = words_of_data("name-words", "failing")
        return any(not failing.isdisjoint(words(name)) for name in made)
    return isinstance(answer, Const) and not answer.value


def _looks_like_token(project: Project, call: Call) -> bool:
    """Whether a read is called a token, in a file that signs or verifies tokens."""
    if call.place.path not in handling(project):
        return False
    return any(
        isinstance(argument.value, Const)
        and isinstance(argument.value.value, str)
        and names_token(argument.value.value)
        for argument in call.arguments[:1]
    )


def _asked(call: Call) -> frozenset[str]:
    """The words of the names that a call asks the query string for, also by a default."""
    return frozenset(word for name in _texts_asked(call) for word in words(name))


def _texts_asked(call: Call) -> Iterator[str]:
    for argument in call.arguments:
        for option in options(argument.value):
            yield from _text_of(option)


def _text_of(value: Value) -> Iterator[str]:
    default = value.default if isinstance(value, Param) else value
    if isinstance(default, Const) and isinstance(default.value, str):
        yield default.value


def _names_inside(value: Value | None) -> Iterator[str]:
    for part in () if value is None else walk(value):
        yield from names_of(part)


def _is_socket(name: str) -> bool:
    """Browsers cannot set a header on a WebSocket or an event stream."""
    return bool(_SOCKET & set(words(name))) or "websocket" in name.lower()
