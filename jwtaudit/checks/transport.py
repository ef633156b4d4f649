"""Tokens in URLs: taken from the query string, or written into it."""

from __future__ import annotations

import itertools
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.bearers import handling, is_minted, token_evidence
from jwtaudit.program.claims import is_tested
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.names import is_link_name, is_token_name, names_of, words
from jwtaudit.program.origins import steps
from jwtaudit.program.scopes import Assigned, Raised, Returned, Tested
from jwtaudit.program.texts import pieces
from jwtaudit.program.travels import event_values
from jwtaudit.values import (
    Absent,
    Call,
    Closure,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Symbol,
    Table,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

_KEY = re.compile(r"[?&]([\w.-]+)=$")
_ELSEWHERE = re.compile(r"https?://(?!localhost|127\.|\[::1\])[\w-]+\.[\w.-]+")
_FORM = re.compile(r"[\w.-]+=")  # what begins with a key is the body of a form
_KEYS = frozenset({"jwt", "auth", "bearer", "authorization"})
_SOCKET = frozenset({"websocket", "ws", "socket", "socketio", "sse"})
# What OpenID Connect itself puts there: hints of a logout, the state of a request.
_NO_LOGIN = frozenset({"hint", "state", "request", "assertion", "provider"})
_QUERIES = frozenset({"query", "searchParams"})
_REQUESTS = frozenset({"req", "request", "ctx", "context", "handshake", "url", "event", "c"})
_WHY = (
    "URLs stand in server logs, browser histories and `Referer` headers, and whoever reads one"
    " there is let in"
)


@check("token-in-url")
def token_in_url(project: Project) -> Iterator[Draft]:
    """A token taken from the query string, or written into a URL."""
    yield from _read(project)
    yield from _written(project)


# -- read ----------------------------------------------------------------------------------------


def _read(project: Project) -> Iterator[Draft]:
    used = dict(_used_queries(project))
    taken = {(call.scope, _asked(call)) for call in project.calls if call.place in used}
    for call in project.calls:
        model = project.model_of(call)
        if model is None or model.role != "query" or _NO_LOGIN & _asked(call):
            continue
        if _is_only_refused(project, call):
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
        yield from _from_query(project, place, scope, sink, [*_names_inside(member)])


def _from_query(
    project: Project, place: Place, scope: FunctionId, sink: _Sink | None, spoken: list[str]
) -> Iterator[Draft]:
    scopes = (scope, *(() if sink is None else sink.scopes))
    if is_test(place.path) or any(_is_link(project, each) for each in scopes):
        return
    socket = any(map(_is_socket, (*spoken, *(() if sink is None else sink.names))))
    yield Draft(
        rule="",
        place=place,
        message=f"a token is taken from the query string: {_WHY}",
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
) -> Iterator[tuple[Member, Place, FunctionId, _Sink | None]]:
    """Reads of a query string that a request holds as an object: ``req.query.token``.

    A look whether it is there, beside the read that counts, is no second one.
    """
    seen: set[tuple[FunctionId, str | None]] = set()
    for site, part in _read_tokens(project):
        if isinstance(part, Member) and part.place is not None and _is_query(part.base):
            key = (site.call.scope, part.name)
            if key not in seen:
                seen.add(key)
                yield part, part.place, site.call.scope, _sink(site, part, part.place)
    for event in sorted(project.events, key=lambda event: isinstance(event, Tested)):
        path = event.place.path
        if not project.is_script(path) or path not in handling(project):
            continue
        for value in event_values(event):
            for part in walk(value):
                if (
                    isinstance(part, Member)
                    and part.place is not None
                    and part.name is not None
                    and _is_key(part.name)
                    and _is_query(part.base)
                    and (event.scope, part.name) not in seen
                ):
                    seen.add((event.scope, part.name))
                    yield part, part.place, event.scope, None


def _is_query(value: Value) -> bool:
    """Whether a value is the query string of a request, taken apart."""
    return (
        isinstance(value, Member)
        and value.name in _QUERIES
        and any(_REQUESTS & set(words(name)) for name in _names_inside(value.base))
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
        if not is_tested(site):
            yield from ((site, part) for part in walk(site.argument("token")))


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


def _refuses(project: Project, test: Tested) -> bool:
    """Whether what follows where a test holds says no."""
    scope = project.scope(test.scope)
    answers = [
        event
        for event in (scope.events if scope is not None else ())
        if isinstance(event, (Raised, Returned))
        and any(test.is_side("then", arm) for arm in event.path)
    ]
    return all(
        isinstance(event, Raised) or (isinstance(event.value, Const) and not event.value.value)
        for event in answers
    )


def _looks_like_token(project: Project, call: Call) -> bool:
    """Whether a read is called a token, in a file that signs or verifies tokens."""
    if call.place.path not in handling(project):
        return False
    return any(
        isinstance(argument.value, Const)
        and isinstance(argument.value.value, str)
        and _is_key(argument.value.value)
        for argument in call.arguments[:1]
    )


def _asked(call: Call) -> frozenset[str]:
    """The words of the names that a call asks the query string for."""
    asked = [a.value.value for a in call.arguments if isinstance(a.value, Const)]
    return frozenset(word for name in asked if isinstance(name, str) for word in words(name))


def _names_inside(value: Value | None) -> Iterator[str]:
    for part in () if value is None else walk(value):
        yield from names_of(part)


def _is_socket(name: str) -> bool:
    """Browsers cannot set a header on a WebSocket or an event stream."""
    return bool(_SOCKET & set(words(name))) or "websocket" in name.lower()


# -- written -------------------------------------------------------------------------------------


def _written(project: Project) -> Iterator[Draft]:
    seen = set(_in_letters(project))
    for event in project.events:
        if is_test(event.place.path):
            continue
        for text, token, key in _url_texts(project, event):
            place = text.place or event.place
            if place in seen or place.path != event.place.path or _is_link(project, event.scope):
                continue
            found = token_evidence(project, token, place.path)
            if found is None or _is_link_text(text):
                continue
            if not is_minted(project, token) and _is_elsewhere(project, text):
                continue
            seen.add(place)
            # what another service asks for in its URLs is that service's choice
            asked = place == event.place and not project.is_script(place.path)
            if asked or is_demonstration(place.path, event.path):
                found = Confidence(max(found - 1, 0))
            yield Draft(
                rule="",
                place=place,
                message=f"a token is written into a URL (`{key}`): {_WHY}",
                advice="Send it in a header or in the body, or set it as an `HttpOnly` cookie.",
                confidence=found,
                trace=steps(options(token)[0], place, "written into the URL here"),
                anchor=f"{event.scope.qualname}:{key}",
            )


def _url_texts(project: Project, event: Event) -> Iterator[tuple[Value, Value, str]]:
    """Tokens behind a key of a query string: (the whole text, the token, the key)."""
    for value in event_values(event):
        for text in _texts(value):
            parts = pieces(text)
            if _starts(parts, _FORM):
                continue
            for before, after in itertools.pairwise(parts):
                if isinstance(before, Const) and isinstance(before.value, str):
                    key = _KEY.search(before.value)
                    if key and _is_key(key[1]):
                        yield text, after, key[1]
            for part in parts:
                if isinstance(part, Operation) and part.operator == "url-encode":
                    yield from ((text, *found) for found in _entries(part.operands[0]))
    if isinstance(event, Call):
        model = project.model_of(event)
        if model is not None and model.role == "http-request":
            parameters = project.argument(event, model, "parameters")
            yield from ((Outcome(event, event.place), *found) for found in _entries(parameters))
        elif model is not None and model.role == "query-entry" and _is_sent(project, event):
            name = project.argument(event, model, "name")
            if isinstance(name, Const) and isinstance(name.value, str) and _is_key(name.value):
                value = project.argument(event, model, "value")
                yield Outcome(event, event.place), value, name.value


def _texts(value: Value) -> Iterator[Value]:
    """The outermost texts inside a value."""
    inside: set[int] = set()
    for part in walk(value):
        if id(part) in inside:
            continue
        if isinstance(part, Operation) and part.operator in ("text", "+"):
            yield part
            inside.update(id(inner) for inner in walk(part))
        elif isinstance(part, Outcome) and part.call.name == "str.format":
            yield part


def _is_elsewhere(project: Project, text: Value) -> bool:
    """Whether a script calls another service, which has asked for the token in its URLs."""
    if isinstance(text, Outcome):
        model = project.model_of(text.call)
        if model is not None and "url" in {*model.meanings, *model.inside}:
            text = project.argument(text.call, model, "url")
    return (
        text.place is not None
        and project.is_script(text.place.path)
        and _starts(pieces(text) or (text,), _ELSEWHERE)
    )


def _starts(parts: tuple[Value, ...], pattern: re.Pattern[str]) -> bool:
    first = parts[0] if parts else None
    return (
        isinstance(first, Const)
        and isinstance(first.value, str)
        and pattern.match(first.value) is not None
    )


def _is_sent(project: Project, entry: Call) -> bool:
    """Whether what an entry is put into becomes part of a URL, and not the body of a form."""
    made = entry.receiver
    if not isinstance(made, Outcome):
        return True  # the parameters of a URL
    model = project.model_of(made.call)
    if model is None or model.effect != "url-encode":
        return True
    found = _query_strings.get(project)
    if found is None:
        found = _query_strings[project] = frozenset(_in_urls(project))
    return made.call.place in found


def _in_urls(project: Project) -> Iterator[Place]:
    """The calls that make a query string which then stands behind a `?`."""
    for event in project.events:
        if not project.is_script(event.place.path):
            continue
        for value in event_values(event):
            for text in _texts(value):
                for before, after in itertools.pairwise(pieces(text)):
                    if (
                        isinstance(before, Const)
                        and isinstance(before.value, str)
                        and before.value.endswith(("?", "&"))
                    ):
                        yield from (p.call.place for p in walk(after) if isinstance(p, Outcome))


_query_strings: WeakKeyDictionary[Project, frozenset[Place]] = WeakKeyDictionary()


def _entries(value: Value) -> Iterator[tuple[Value, str]]:
    for option in options(value):
        if isinstance(option, Table):
            for key, entry in option.entries.items():
                if isinstance(key, str) and _is_key(key):
                    yield entry, key


def _is_key(key: str) -> bool:
    return is_token_name(key) or key.lower() in _KEYS


# -- links sent by e-mail ------------------------------------------------------------------------


def _is_link(project: Project, scope: FunctionId) -> bool:
    """Whether a function has to do with links that are sent once: by its name, file or route."""
    names = [scope.qualname, PurePosixPath(scope.path).stem, *_routes(project).get(scope, ())]
    function = project.scope(scope)
    for decorator in () if function is None else function.decorators:
        if isinstance(decorator, Outcome):
            routes = (a.value.value for a in decorator.call.arguments if isinstance(a.value, Const))
            names.extend(route for route in routes if isinstance(route, str))
    return any(map(is_link_name, names))


def _in_letters(project: Project) -> Iterator[Place]:
    """The texts that are sent to somebody by e-mail."""
    for event in project.calls:
        if _is_letter(event):
            inside = (part for value in event_values(event) for part in walk(value))
            yield from (part.place for part in inside if part.place is not None)


def _is_letter(event: Call) -> bool:
    """Whether a call sends a message, to somebody and about something."""
    named = {argument.name for argument in event.arguments}
    tables = [o for a in event.arguments for o in options(a.value) if isinstance(o, Table)]
    return any({"to", "subject"} <= keys for keys in (named, *(t.entries.keys() for t in tables)))


def _routes(project: Project) -> Mapping[FunctionId, list[str]]:
    """What is said of a function: by texts given along, and by what is made of it."""
    found = _given_along.get(project)
    if found is None:
        found = _given_along[project] = {}
        for call in project.calls:
            said = [
                argument.value.value
                for argument in call.arguments
                if isinstance(argument.value, Const) and isinstance(argument.value.value, str)
            ]
            if said and project.is_script(call.place.path):
                for argument in call.arguments:
                    if isinstance(argument.value, Closure):
                        found.setdefault(argument.value.id, []).extend(said)
        for name, value in _named(project):
            for argument in value.call.arguments if isinstance(value, Outcome) else ():
                if isinstance(argument.value, Closure):
                    found.setdefault(argument.value.id, []).append(name)
    return found


def _named(project: Project) -> Iterator[tuple[str, Value]]:
    """What variables and exports hold: ``const reset = handled(async (req, res) => ...)``."""
    for event in project.events:
        if isinstance(event, Assigned):
            yield event.name, event.value
    for module in project.modules.values():
        for name, value in module.exports.items() if module is not None else ():
            if name is not None:
                yield name, value


_given_along: WeakKeyDictionary[Project, dict[FunctionId, list[str]]] = WeakKeyDictionary()


def _is_link_text(text: Value) -> bool:
    """Whether a URL, or what stands in it, is called a link sent once."""
    for part in (text, *pieces(text)):
        if isinstance(part, Const) and isinstance(part.value, str) and is_link_name(part.value):
            return True
        if any(map(is_link_name, names_of(part))):
            return True
    return False
