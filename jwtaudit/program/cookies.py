"""Cookies that hold a token: where they are set, and with which attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.finding import Confidence
from jwtaudit.models import SCRIPT
from jwtaudit.program.bearers import token_evidence
from jwtaudit.program.claims import is_tested
from jwtaudit.program.classes import field_default
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.cookie_texts import header_cookies
from jwtaudit.program.development import DEVELOPMENT
from jwtaudit.program.morsels import morsels, said_of
from jwtaudit.program.names import is_called_token, is_other_token, is_token_name, names_of, words
from jwtaudit.program.storage import cookies_of_pages
from jwtaudit.program.texts import pieces, told
from jwtaudit.values import UNKNOWN, Absent, Const, Operation, Outcome, Table, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jwtaudit.program.cookie_texts import CookieText
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Returned, Stored
    from jwtaudit.program.sites import Site
from jwtaudit.values import Call

_NAMES = frozenset({"access", "refresh", "auth", "authorization", "jwt", "bearer"})
# Whoever has such a one gets tokens for it, though it says nothing itself.
_LASTING = frozenset({"refresh", "refreshtoken"})
_SUFFIXES = frozenset({"cookie", "name", "key"})
_ATTRIBUTES = ("httponly", "secure", "samesite")
_GIVEN = {"httponly": "True", "secure": "True", "samesite": '"Lax"'}
_IN_HEADER = {"httponly": "; HttpOnly", "secure": "; Secure", "samesite": "; SameSite=Lax"}


class Cookie(NamedTuple):
    """A cookie with a token in it, as it is set somewhere.

    Attributes:
        event: the call that sets it, or the assignment of its header.
        value: what is in it.
        attributes: ``httponly``, ``secure`` and ``samesite`` as given.
        spelling: how each of them is given here.
        bare: whether a missing ``samesite`` is known to be left to the browser.
        site: the library call that sets it, where it is one.
    """

    event: Call | Stored | Returned
    confidence: Confidence
    name: str
    value: Value
    attributes: Mapping[str, Value]
    spelling: Mapping[str, str]
    bare: bool
    site: Site | None = None


def shares_credentials(project: Project) -> list[Site]:
    """The answers that pages of other sites may read, asking with their user's cookies."""
    return [
        site
        for site in project.sites("cors")
        if not is_test(site.place.path)
        and any(
            isinstance(option, Const) and option.value is True
            for option in options(site.argument("credentials"))
        )
    ]


def token_cookies(project: Project) -> Iterator[Cookie]:
    """The cookies with a token that are set outside of tests; not those that are deleted."""
    of_pages = cookies_of_pages(project)
    for site in project.sites("cookie"):
        if is_tested(site) or _is_deletion(project, site) or site.place in of_pages:
            continue
        name = site.argument("name")
        called = name.value if isinstance(name, Const) and isinstance(name.value, str) else ""
        confidence = _evidence(project, site, called)
        if confidence is not None:
            later = said_of(project, site.call.scope, called) if called else {}
            yield Cookie(
                site.call,
                _shown(confidence, site.call),
                called,
                site.argument("value"),
                {
                    attribute: later.get(attribute) or _decided(project, site, attribute)
                    for attribute in _ATTRIBUTES
                },
                {attribute: _spelling(site, attribute) for attribute in _ATTRIBUTES},
                bare=not site.model.name.startswith("*."),  # else the default is not known
                site=site,
            )
    for morsel in morsels(project, _ATTRIBUTES):
        surest = _evidence_in(project, morsel.event, morsel.name, (morsel.event.value,))
        if surest is not None:
            yield Cookie(
                morsel.event,
                _shown(surest, morsel.event),
                morsel.name,
                morsel.event.value,
                morsel.attributes,
                {each: f'["{each}"] = {_GIVEN[each]}' for each in _ATTRIBUTES},
                bare=True,
            )
    for event, text in header_cookies(project):
        found = _token_in(project, event, text)
        if found is not None:
            confidence, value = found
            yield Cookie(
                event,
                _shown(confidence, event),
                text.name,
                value,
                {attribute: text.attribute(attribute) for attribute in _ATTRIBUTES},
                _IN_HEADER,
                bare=True,
            )


def _shown(confidence: Confidence, event: Call | Stored | Returned) -> Confidence:
    if is_demonstration(event.place.path, event.path):
        return Confidence(max(confidence - 1, 0))
    return confidence


def _decided(project: Project, site: Site, attribute: str) -> Value:
    """What is given for an attribute, as far as the project decides it.

    The default of a field decides nothing in a class of which nobody here makes an object.
    """
    given = _given(project, site, attribute)
    if isinstance(given, Const) and given.place is not None:
        for scope in project.classes.values():
            made_by_fields = scope.definition.decorators and "__init__" not in scope.methods
            if not made_by_fields or scope.module.path != given.place.path:
                continue
            declared = (scope.names[name] for name in scope.annotations if name in scope.names)
            if any(field_default(project, value).place == given.place for value in declared):
                made = any(call.name == scope.ref.id.qualname for call in project.calls)
                return given if made else UNKNOWN
    return given


def _given(project: Project, site: Site, attribute: str) -> Value:
    """What a call says of a cookie, or else the server's settings for all cookies."""
    if site.model.configured_by and not site.configuring:
        return project.given(site.call, site.model, attribute)
    return site.argument(attribute)


def lax(site: Site) -> str:
    """The value of SameSite as the library spells it: some take only that, by their types."""
    default = site.model.defaults.get("samesite")
    if isinstance(default, str):
        return default
    return "lax" if "samesite" in site.model.inside else "Lax"


def _spelling(site: Site, attribute: str) -> str:
    value = f'"{lax(site)}"' if attribute == "samesite" else "True"
    if attribute in site.model.inside:
        key = site.model.inside[attribute].key
        return f"{key}: {value.lower()}"
    return f"{site.model.meanings.get(attribute, attribute)}={value}"


def _token_in(
    project: Project, event: Call | Stored | Returned, text: CookieText
) -> tuple[Confidence, Value] | None:
    """How sure it is that a token is in a cookie that is written as a text."""
    surest = None if text.is_deletion else _evidence_in(project, event, text.name, text.value)
    return None if surest is None else (surest, text.value[0])


def _evidence_in(
    project: Project, event: Call | Stored | Returned, name: str, held: Iterable[Value]
) -> Confidence | None:
    """How sure it is that a token is in a cookie with a name, going by what is in it."""
    if is_test(event.place.path) or is_other_token(name):
        return None
    parts = tuple(held)
    if any(_is_random(project, part) for part in parts) and not _lasts(name):
        return None  # an opaque identifier
    found = [token_evidence(project, part, event.place.path) for part in parts]
    surest = max((one for one in found if one is not None), default=None)
    if _is_token_cookie(name):
        return Confidence.MEDIUM if surest is None else Confidence.HIGH
    return surest


def _evidence(project: Project, site: Site, called: str) -> Confidence | None:
    """How sure it is that a token is in the cookie."""
    said = {*site.model.meanings, *site.model.inside}
    if "value" not in said:  # the library puts the token in
        return Confidence.HIGH
    value = site.argument("value")
    parts = [part for option in options(value) for piece in pieces(option) for part in _held(piece)]
    name = site.argument("name")
    if any(map(is_other_token, (called, *_names_a_cookie(name)))):
        return None
    if all(isinstance(part, (Absent, Const)) for part in parts):
        return None
    if (
        site.model.name.removeprefix(SCRIPT).startswith("*.")
        and "name" in said
        and not called
        and not any(_names_a_cookie(name))
    ):
        return None  # a method of that name that takes something else first
    if any(_is_random(project, part) for part in parts) and not _lasts(called):
        return None  # an opaque identifier
    path = site.place.path
    found = [token_evidence(project, part, path) for part in parts]
    surest = max((one for one in found if one is not None), default=None)
    named = (called, *_names_a_cookie(name))
    if any(map(_is_token_cookie, named)):
        return Confidence.HIGH if surest is not None else Confidence.MEDIUM
    if any("session" in words(one) for one in named) and surest is not Confidence.HIGH:
        return None  # an opaque identifier, going by its name
    if surest is None and not called and any(map(is_called_token, parts)):
        return Confidence.MEDIUM
    return surest


def _held(piece: Value) -> Iterator[Value]:
    """What is in a part of a cookie: all tokens of a pair, also written as JSON."""
    is_json = isinstance(piece, Operation) and piece.operator == "json-encode"
    yield from told(piece) if is_json or isinstance(piece, Table) else (piece,)


def _lasts(name: str) -> bool:
    """Whether a cookie so called lets in for long, whatever is in it."""
    return not _LASTING.isdisjoint(words(name))


def _is_random(project: Project, value: Value) -> bool:
    """Whether a value was drawn by chance: it says nothing, and nobody has signed it."""
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    return model is not None and model.role == "generator"


def _names_a_cookie(value: Value) -> Iterator[str]:
    """The names of a variable that hold a cookie's name: ``JWT_COOKIE_NAME``."""
    for name in names_of(value):
        if _SUFFIXES & set(words(name)):
            yield name


def _is_token_cookie(name: str) -> bool:
    """Whether a cookie so called holds a token: ``access_token_cookie``, ``JWT_COOKIE_NAME``."""
    parts = words(name)
    while parts and parts[-1] in _SUFFIXES:
        parts = parts[:-1]
    whole = "_".join(parts)
    return whole in _NAMES or "jwt" in parts or is_token_name(whole)


def _is_deletion(project: Project, site: Site) -> bool:
    """Whether the call takes the cookie away: an empty value, or no time to live."""
    value = site.argument("value")
    if isinstance(value, Const) and not value.value:
        return True
    return any(
        isinstance(given, Const) and isinstance(given.value, (int, float)) and given.value <= 0
        for given in (site.argument("max_age"), _instant(project, site.argument("expires")))
    )


def _instant(project: Project, value: Value) -> Value:
    """The number that a point in time was made of: ``new Date(0)``."""
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    if isinstance(value, Outcome) and model is not None and model.role == "clock":
        return value.call.arguments[0].value if len(value.call.arguments) == 1 else value
    return value


def off(cookie: Cookie, attribute: str) -> Confidence | None:
    """How sure it is that an attribute is missing or off; what is computed is not judged."""
    given = cookie.attributes[attribute]
    if isinstance(given, Absent):
        return Confidence.HIGH
    place = cookie.event.place
    if not isinstance(given, Const) or given.value or given.place is None:
        return None  # a choice, a setting: somebody thought of it
    if given.place.path != place.path or _is_setting(given):  # one that nothing else decides
        return None if DEVELOPMENT & set(words(given.place.path)) else Confidence.MEDIUM
    if not place.span.contains(given.place.span):
        return Confidence.MEDIUM  # a constant of the file
    return None if given.trace else Confidence.HIGH


def _is_setting(value: Value) -> bool:
    return any("setting" in step.what for step in value.trace)


__all__ = ["Cookie", "off", "token_cookies"]
