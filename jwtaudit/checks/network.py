"""Tokens that leave over a plain connection, or to whoever asks for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.bearers import token_evidence
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.cookies import shares_credentials, token_cookies
from jwtaudit.program.names import is_called_token, is_token_name
from jwtaudit.program.request_hooks import added, client_addresses
from jwtaudit.program.scopes import Tested
from jwtaudit.program.texts import pieces, told
from jwtaudit.values import (
    Call,
    Closure,
    Const,
    Param,
    Sequence,
    Table,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.cookies import Cookie
    from jwtaudit.program.scopes import Stored
    from jwtaudit.program.sites import Site

# Hosts that nobody outside of the machine, its cluster or its network reaches; those of examples.
_PLAIN = re.compile(r"(?i)^(?:http|ws)://(?P<host>\[[^\]]*\]|[^/:?#\s]+)")
_INSIDE = re.compile(
    r"(?i)localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+"
    r"|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|169\.254\.\d+\.\d+|host\.docker\.internal"
    r"|[^.]+|(?:.*\.)?(?:local|internal|test|localhost|lan|svc|invalid|example)"
    r"|.*\.svc\.cluster\.local|(?:.*\.)?example\.(?:com|org|net)"
)
_HEADERS = frozenset({"authorization", "x-access-token", "x-auth-token", "cookie"})


@check("token-over-plain-http")
def token_over_plain_http(project: Project) -> Iterator[Draft]:
    """A request over plain HTTP carries a token."""
    for site in project.sites("http-request", "http-client"):
        addresses = [site.argument("url"), *client_addresses(project, site)]
        if _carries(site.argument("headers")):
            yield from _plain(addresses, site.call)
    for one in added(project):
        if one.part == "headers" and _carries(Table({one.name: one.value})):
            yield from _plain(client_addresses(project, one.site), one.event)


def _plain(addresses: Iterable[Value], event: Call | Stored) -> Iterator[Draft]:
    host = next(filter(None, map(_plain_host, addresses)), None)
    if host is None or is_test(event.place.path):
        return
    shown = is_demonstration(event.place.path, event.path)
    yield Draft(
        rule="",
        place=event.place,
        message=f"a token is sent to {host} over plain HTTP: everyone on the way can read it"
        " and act as its subject",
        confidence=Confidence.LOW if shown else Confidence.MEDIUM,
        advice="Use `https://`.",
        anchor=f"{event.scope.qualname}:plain {host}",
    )


def _plain_host(url: Value) -> str | None:
    """The host of a URL that begins with ``http://``, unless it lies inside of the network."""
    for option in options(url):
        first, *others = pieces(option) or (option,)
        if isinstance(first, Const) and isinstance(first.value, str):
            match = _PLAIN.match(first.value)
            if match is None or (others and match.end() == len(first.value)):
                continue  # the host goes on
            if not _INSIDE.fullmatch(match["host"]):
                return match["host"]
    return None


def _carries(headers: Value) -> bool:
    """Whether the headers of a request hold a token."""
    return any(
        isinstance(name, str)
        and name.lower() in _HEADERS
        and any(not isinstance(part, Const) for part in told(entry))
        for option in options(headers)
        if isinstance(option, Table)
        for name, entry in option.entries.items()
    )


@check("token-exposed-to-any-origin")
def token_exposed_to_any_origin(project: Project) -> Iterator[Draft]:
    """Pages of any origin are handed a token, or may use the cookie that holds it."""
    yield from _posted(project)
    yield from _shared(project)


def _posted(project: Project) -> Iterator[Draft]:
    for site in project.sites("post-message"):
        path = site.place.path
        if is_test(path) or not any(_is_any(o) for o in options(site.argument("target"))):
            continue
        found = [_held(project, part, path) for part in _parts(site.argument("message"))]
        sure = max((one for one in found if one is not None), default=None)
        if sure is None:
            continue
        yield Draft(
            rule="",
            place=site.place,
            message="a token is posted to a window of any origin (`*`): a page that has framed or"
            " opened this one receives it",
            confidence=Confidence.LOW if is_demonstration(path, site.call.path) else sure,
            advice="Name the origin that the message is for as the second argument.",
            anchor=f"{site.call.scope.qualname}:postMessage",
        )


def _is_any(value: Value) -> bool:
    return isinstance(value, Const) and value.value == "*"


def _parts(message: Value) -> Iterator[tuple[str, Value]]:
    """What a message gives away, each with the name that it is given under."""
    for option in options(message):
        if isinstance(option, Table):
            for name, entry in option.entries.items():
                for _, value in _parts(entry):
                    yield str(name), value
        else:
            for value in told(option):
                yield "", value


def _held(project: Project, part: tuple[str, Value], path: str) -> Confidence | None:
    name, value = part
    if isinstance(value, Const):
        return None
    sure = token_evidence(project, value, path)
    if sure is None and (is_called_token(value) or (name and is_token_name(name))):
        return Confidence.MEDIUM
    return sure


def _shared(project: Project) -> Iterator[Draft]:
    """Answers to requests with cookies that scripts of any origin may read."""
    sites = shares_credentials(project)
    if not sites or not any(map(_crosses, token_cookies(project))):
        return
    for site in sites:
        if _takes_any_origin(project, site):
            yield Draft(
                rule="",
                place=site.place,
                message="every origin may send requests with the cookie that holds the token, and"
                " read the answers: any page that a user visits acts in the user's name",
                confidence=Confidence.MEDIUM,
                advice="List the origins of your own pages.",
                anchor=f"{site.call.scope.qualname}:cors",
            )


def _crosses(cookie: Cookie) -> bool:
    """Whether a cookie may be sent along with requests from other sites."""
    given = cookie.attributes["samesite"]
    return not any(
        isinstance(option, Const) and str(option.value).strip().lower() in ("lax", "strict")
        for option in options(given)
    )


def _takes_any_origin(project: Project, site: Site) -> bool:
    for option in options(site.argument("origins")):
        items = option.items if isinstance(option, Sequence) else (option,)
        if any(isinstance(item, Const) and item.value in ("*", True) for item in items):
            # a browser refuses "*" itself along with credentials: it has to be the caller's origin
            return site.model.effect != "literal" or any(
                isinstance(item, Const) and item.value is True for item in items
            )
        if isinstance(option, Closure):
            return _accepts_all(project, option)
    return False


def _accepts_all(project: Project, decide: Closure) -> bool:
    """Whether a function says yes to every origin, without a look at it."""
    scope = project.functions.get(decide.id)
    if scope is None:
        return False
    project.interpreter.function(scope)
    answers = [
        event
        for event in scope.events
        if isinstance(event, Call) and isinstance(event.receiver, Param) and not event.path
    ]
    tested = any(isinstance(event, Tested) for event in scope.events)
    return not tested and any(
        len(call.arguments) > 1
        and isinstance(call.arguments[1].value, Const)
        and call.arguments[1].value.value is True
        for call in answers
    )
