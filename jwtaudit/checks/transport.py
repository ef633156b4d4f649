"""Tokens in URLs."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.checks import check
from jwtaudit.checks.queries import WHY, names_token, taken_from_queries
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.bearers import is_minted, token_evidence
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.links import in_letters, is_link, is_link_text
from jwtaudit.program.names import is_called_token, is_link_name
from jwtaudit.program.origins import steps
from jwtaudit.program.platforms import on_server
from jwtaudit.program.request_hooks import added, client_addresses
from jwtaudit.program.scopes import Assigned
from jwtaudit.program.storage import texts as texts_of
from jwtaudit.program.texts import pieces
from jwtaudit.values import (
    Call,
    Const,
    Operation,
    Outcome,
    Table,
    Unknown,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jwtaudit.program import Project
    from jwtaudit.program.request_hooks import Added
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place

    _Texts = Sequence[tuple[Event, tuple[Value, ...]]]

_BEARER = r"(?:(?i:bearer)(?:%20|[ +]))?"  # the scheme of a header, where none is
_KEY = re.compile(rf"[?&]([\w.-]+)={_BEARER}$")
_FIRST_KEY = re.compile(rf"(?:^|[?&])([\w.-]+)={_BEARER}$")
_ELSEWHERE = re.compile(r"(?:https?|wss?)://(?!localhost|127\.|\[::1\])[\w-]+\.[\w.-]+")
_QUERIES = frozenset({"query", "queryParams"})
_METHODS = frozenset({"delete", "get", "head", "patch", "post", "put", "request"})
_AS_HEADER = "in a header or in the body"
_AS_MESSAGE = "as the first message"
_FORM = re.compile(r"[\w.-]+=")  # what begins with a key is the body of a form


@check("token-in-url")
def token_in_url(project: Project) -> Iterator[Draft]:
    """A token taken from the query string, or written into a URL."""
    yield from taken_from_queries(project)
    yield from _written(project)


def _written(project: Project) -> Iterator[Draft]:
    seen = set(in_letters(project))
    for event, texts in _events_with_texts(project):
        if is_test(event.place.path) or (isinstance(event, Assigned) and is_link_name(event.name)):
            continue
        for text, token, key in _url_texts(project, event, texts):
            place = text.place or event.place
            if place in seen or place.path != event.place.path or is_link(project, event.scope):
                continue
            found = token_evidence(project, token, place.path)
            stream = _is_stream(project, event)
            if found is None and stream and is_called_token(token):
                found = Confidence.MEDIUM  # whoever opens one tells in its URL who is there
            if found is None or is_link_text(text):
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
                message=f"a token is written into a URL (`{key}`): {WHY}",
                advice=f"Send it {_AS_MESSAGE if stream else _AS_HEADER}, or set it as an"
                " `HttpOnly` cookie.",
                confidence=found,
                trace=steps(options(token)[0], place, "written into the URL here"),
                anchor=f"{event.scope.qualname}:{key}",
            )


def _url_texts(
    project: Project, event: Event, texts: Sequence[Value]
) -> Iterator[tuple[Value, Value, str]]:
    """Tokens behind a key of a query string: (the whole text, the token, the key)."""
    for text in texts:
        parts = pieces(text)
        if _starts(parts, _FORM):
            continue
        yield from ((text, *found) for found in _behind_keys(parts, _KEY))
        for part in parts:
            if isinstance(part, Operation) and part.operator == "url-encode":
                yield from ((text, *found) for found in _entries(part.operands[0]))
    for hooked in _hooked(project).get(event.place, ()):
        sent_to = client_addresses(project, hooked.site)
        if any(_starts(pieces(one) or (one,), _ELSEWHERE) for one in sent_to):
            continue  # as with a URL that is written out
        if hooked.part == "params" and names_token(hooked.name):
            yield Unknown("parameters of a request", event.place), hooked.value, hooked.name
    if isinstance(event, Call):
        model = project.model_of(event)
        if model is None:
            whole = Outcome(event, event.place)
            yield from ((whole, *found) for found in _of_unknown_call(project, event))
        elif model.role == "http-request":
            parameters = project.argument(event, model, "parameters")
            whole = Outcome(event, event.place)
            yield from ((whole, *found) for found in _entries(parameters))
            for option in options(parameters):  # a query string, without the URL before it
                yield from ((whole, *found) for found in _behind_keys(pieces(option), _FIRST_KEY))
        elif model.role == "query-entry" and "name" not in model.meanings:
            yield from _named_entries(event)
        elif model.role == "query-entry" and _is_sent(project, event):
            name = project.argument(event, model, "name")
            if isinstance(name, Const) and isinstance(name.value, str) and names_token(name.value):
                value = project.argument(event, model, "value")
                yield Outcome(event, event.place), value, name.value


def _of_unknown_call(project: Project, call: Call) -> Iterator[tuple[Value, str]]:
    """What becomes a query string by its name: ``router.push({ query: { token } })``."""
    path = call.place.path
    if call.target is not None or not project.is_script(path) or on_server(project, path):
        return
    names = _QUERIES | ({"params"} if call.name.rpartition(".")[2] in _METHODS else set())
    objects = [o for a in call.arguments for o in options(a.value) if isinstance(o, Table)]
    said = [a.value for a in call.arguments] + [v for o in objects for v in o.entries.values()]
    if any(is_link_name(text) for value in said for text in texts_of(value)):
        return
    for each in objects:
        for name in names & each.entries.keys():
            yield from _entries(each.entries[name])


def _hooked(project: Project) -> Mapping[Place, list[Added]]:
    """What hooks add to the requests of a client, by where they do it."""
    found = _hooks.get(project)
    if found is None:
        found = _hooks[project] = {}
        for one in added(project):
            found.setdefault(one.event.place, []).append(one)
    return found


_hooks: WeakKeyDictionary[Project, dict[Place, list[Added]]] = WeakKeyDictionary()


def _named_entries(call: Call) -> Iterator[tuple[Value, Value, str]]:
    """What a call that makes a URL is given by name: ``url_for("home", token=token)``."""
    told = [a.value.value for a in call.arguments if isinstance(a.value, Const)]
    if any(isinstance(text, str) and is_link_name(text) for text in told):
        return
    for argument in call.arguments:
        if argument.name is not None and names_token(argument.name):
            yield Outcome(call, call.place), argument.value, argument.name


def _behind_keys(parts: Sequence[Value], pattern: re.Pattern[str]) -> Iterator[tuple[Value, str]]:
    """What stands in a text behind a key that is called a token, and that key."""
    before = ""
    for part in parts:
        if isinstance(part, Const) and isinstance(part.value, str):
            before += part.value
            continue
        key = pattern.search(before)
        if key and names_token(key[1]):
            yield part, key[1]
        before = ""


def _is_stream(project: Project, event: Event) -> bool:
    """Whether an event opens a socket or a stream of events."""
    model = project.model_of(event) if isinstance(event, Call) else None
    return model is not None and model.role == "http-request" and model.effect == "stream"


def _events_with_texts(project: Project) -> _Texts:
    """The events, with the texts in their values."""
    found = _texts_of.get(project)
    if found is None:
        found = _texts_of[project] = [(e, tuple(_texts(parts))) for e, parts in project.parts]
    return found


_texts_of: WeakKeyDictionary[Project, _Texts] = WeakKeyDictionary()


def _texts(parts: Iterable[Value]) -> Iterator[Value]:
    """The outermost texts among values and what is inside them."""
    inside: set[int] = set()
    for part in parts:
        if isinstance(part, Operation):
            if part.operator in ("text", "+") and id(part) not in inside:
                yield part
                inside.update(id(inner) for inner in walk(part))
        elif (
            isinstance(part, Outcome) and part.call.name == "str.format" and id(part) not in inside
        ):
            yield part


def _is_elsewhere(project: Project, text: Value) -> bool:
    """Whether a script calls another service, which has asked for the token in its URLs."""
    if isinstance(text, Outcome):
        model = project.model_of(text.call)
        if model is not None and "url" in {*model.meanings, *model.inside}:
            text = project.argument(text.call, model, "url")
        elif model is None and text.call.arguments:
            text = text.call.arguments[0].value
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
    for event, texts in _events_with_texts(project):
        if not project.is_script(event.place.path):
            continue
        for text in texts:
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
                if isinstance(key, str) and names_token(key):
                    yield entry, key
