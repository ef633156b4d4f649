"""Cookies that hold a token: where they are set, and with which attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.finding import Confidence
from jwtaudit.program.bearers import pieces, token_evidence
from jwtaudit.program.claims import is_tested
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.names import is_called_token, is_other_token, is_token_name, names_of, words
from jwtaudit.values import Absent, Const, Outcome, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project, Site

_NAMES = frozenset({"access", "refresh", "auth", "authorization", "jwt", "bearer"})
_SUFFIXES = frozenset({"cookie", "name", "key"})


class Cookie(NamedTuple):
    """A call that sets a cookie with a token in it."""

    site: Site
    confidence: Confidence
    name: str


def token_cookies(project: Project) -> Iterator[Cookie]:
    """The calls that set a cookie with a token, outside of tests; not those that delete one."""
    for site in project.sites("cookie"):
        if is_tested(site) or _is_deletion(site):
            continue
        name = site.argument("name")
        called = name.value if isinstance(name, Const) and isinstance(name.value, str) else ""
        confidence = _evidence(project, site, called)
        if confidence is not None:
            if is_demonstration(site.place.path, site.call.path):
                confidence = Confidence(max(confidence - 1, 0))
            yield Cookie(site, confidence, called)


def _evidence(project: Project, site: Site, called: str) -> Confidence | None:
    """How sure it is that a token is in the cookie."""
    if "value" not in site.model.meanings:  # the library itself puts the token in
        return Confidence.HIGH
    value = site.argument("value")
    parts = [part for option in options(value) for part in pieces(option)]
    if is_other_token(called) or all(isinstance(part, (Absent, Const)) for part in parts):
        return None
    name = site.argument("name")
    if site.model.name.startswith("*.") and not called and not any(_names_a_cookie(name)):
        return None  # a method of that name that takes something else first
    if any(_is_random(project, part) for part in parts):
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


def _is_deletion(site: Site) -> bool:
    """Whether the call takes the cookie away: an empty value, or no time to live."""
    value = site.argument("value")
    if isinstance(value, Const) and not value.value:
        return True
    return any(
        isinstance(given, Const) and isinstance(given.value, (int, float)) and given.value <= 0
        for given in (site.argument("max_age"), site.argument("expires"))
    )


def off(site: Site, attribute: str) -> Confidence | None:
    """How sure it is that an attribute is missing or off; what is computed is not judged."""
    given = site.argument(attribute)
    if isinstance(given, Absent):
        return Confidence.HIGH
    call = site.call.place
    if not isinstance(given, Const) or given.value or given.place is None:
        return None  # a choice, a setting: somebody thought of it
    if given.place.path != call.path or _is_setting(given):
        return None
    if not call.span.contains(given.place.span):
        return Confidence.MEDIUM  # a constant of the file
    return None if given.trace else Confidence.HIGH


def _is_setting(value: Value) -> bool:
    return any("setting" in step.what for step in value.trace)


__all__ = ["Cookie", "off", "token_cookies"]
