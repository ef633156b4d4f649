"""Cookies that hold tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Draft
from jwtaudit.program.cookies import Cookie, lax, off, shares_credentials, token_cookies
from jwtaudit.program.origins import steps
from jwtaudit.program.repairs import set_meaning
from jwtaudit.repair import Repair
from jwtaudit.values import Absent, Const, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.finding import Confidence
    from jwtaudit.program import Project

_READABLE = (
    "is set without `HttpOnly`: any script that runs in the page can read the token and send it"
    " away"
)
_PLAIN = (
    "is set without `Secure`: the browser also sends it over plain HTTP, where anyone on the way"
    " can read the token"
)
_CROSS_SITE = (
    "is set with `SameSite=None`: the browser sends it along with requests that any other site"
    " makes"
)
_UNDECIDED = (
    "is set without `SameSite`: whether other sites can use it is left to each browser's default"
)

_ASKED = (
    "Pages of other origins may ask with it here: where they are of one site with it (a subdomain),"
    " give `SameSite=Lax`; where they are not, check the origin or a CSRF token in every request"
    " that changes something."
)


@check("cookie-not-httponly")
def cookie_not_httponly(project: Project) -> Iterator[Draft]:
    """A token cookie that scripts can read."""
    yield from _without(project, "httponly", _READABLE)


@check("cookie-not-secure")
def cookie_not_secure(project: Project) -> Iterator[Draft]:
    """A token cookie that is sent over plain HTTP."""
    yield from _without(project, "secure", _PLAIN)


@check("cookie-samesite")
def cookie_samesite(project: Project) -> Iterator[Draft]:
    """A token cookie that goes along with requests made by other sites."""
    is_shared = bool(shares_credentials(project))
    for cookie in token_cookies(project):
        given = cookie.attributes["samesite"]
        if all(isinstance(option, Const) and _is_none(option) for option in options(given)):
            draft = _draft(cookie, "samesite", _CROSS_SITE, cookie.confidence)
            if (
                is_shared
            ):  # pages of other origins are to ask with it: there are several right answers
                draft = replace(draft, advice=_ASKED, repair=None)
            yield draft
        elif _is_left_out(cookie):
            yield _draft(cookie, "samesite", _UNDECIDED, cookie.confidence)


def _is_none(value: Const) -> bool:
    return isinstance(value.value, str) and value.value.strip().lower() == "none"


def _is_left_out(cookie: Cookie) -> bool:
    """Whether SameSite is left to the browser, in a cookie that nothing else protects either."""
    given = cookie.attributes["samesite"]
    missing = isinstance(given, Absent) or (isinstance(given, Const) and given.value is None)
    bare = off(cookie, "httponly") is not None or off(cookie, "secure") is not None
    return missing and cookie.bare and bare


def _without(project: Project, attribute: str, why: str) -> Iterator[Draft]:
    for cookie in token_cookies(project):
        sure = off(cookie, attribute)
        if sure is not None:
            yield _draft(cookie, attribute, why, min(sure, cookie.confidence))


def _draft(cookie: Cookie, attribute: str, why: str, confidence: Confidence) -> Draft:
    event = cookie.event
    named = f"the cookie `{cookie.name}`" if cookie.name else "the cookie with the token"
    return Draft(
        rule="",
        place=event.place,
        message=f"{named} {why}",
        advice=f"Give `{cookie.spelling[attribute]}`.",
        confidence=confidence,
        trace=steps(options(cookie.value)[0], event.place, "set as a cookie here"),
        anchor=f"{event.scope.qualname}:cookie {cookie.name}",
        repair=_protected(cookie, attribute),
    )


def _protected(cookie: Cookie, attribute: str) -> Repair | None:
    """Give an attribute; where `SameSite` is left out that, too, as all of them are then given."""
    if cookie.site is None:
        return None
    given = cookie.attributes["samesite"]
    is_small = isinstance(given, Const) and given.value == "none"
    same_site = "lax" if is_small else lax(cookie.site)
    change = set_meaning(cookie.site, attribute, same_site if attribute == "samesite" else True)
    if change is None:
        return None
    title = f"Give `{cookie.spelling[attribute]}`"
    alone = Repair(title, change)
    if attribute == "samesite" or not _is_left_out(cookie):
        return alone
    second = set_meaning(cookie.site, "samesite", same_site)
    both = f"{title} and `{cookie.spelling['samesite']}`"
    return Repair(both, change, second, otherwise=alone) if second else alone
