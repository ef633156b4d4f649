"""How long tokens are valid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.checks.claims import stepped
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claim_branches import is_for_others
from jwtaudit.program.claims import claim_sets, is_tested
from jwtaudit.program.development import is_development_file
from jwtaudit.program.env_files import given_in_files
from jwtaudit.program.kinds import Kind, branch_kind, kind_of, token_kind
from jwtaudit.program.lifetime_settings import lifetime_settings
from jwtaudit.program.names import names_of
from jwtaudit.program.origins import steps
from jwtaudit.program.storage import texts
from jwtaudit.program.times import DAY, HOUR, Time, times
from jwtaudit.program.timespans import (
    as_lifetime,
    claim_times,
    given_afterwards,
    is_of_last_resort,
    kind_of_end,
    tokens_signed,
)
from jwtaudit.values import Absent, Env, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_LINK_LIFETIME = 7 * DAY
_SURE = 7 * DAY
_NOUNS = {
    Kind.REFRESH: "refresh token",
    Kind.LINK: "link token",
    Kind.STATE: "state",
    Kind.ACCESS: "access token",
    Kind.UNKNOWN: "token",
}


@check("lifetime-too-long")
def lifetime_too_long(project: Project) -> Iterator[Draft]:
    """A token is valid for longer than its kind should be."""
    told: set[Place] = set()
    said: set[tuple[str, str]] = set()
    for draft in _of_calls(project):
        told.add(draft.place)
        said.add((draft.place.path, draft.message))
        yield draft
    for draft, by_name in _of_settings(project):
        # in other units, beside what the tokens of the file are signed with
        if not by_name or (draft.place.path, draft.message) not in said:
            told.add(draft.place)
            yield draft
    for site in project.sites("factory"):  # several modules may say the same
        if "lifetime" in site.model.inside and not is_tested(site) and _is_relied_on(site):
            kind = _kind_of_key(site)
            for time in _lifetimes(site):
                for draft in _too_long(project, time, kind, site.place, stepped(site)):
                    if draft.place not in told:
                        told.add(draft.place)
                        yield draft


def _is_relied_on(factory: Site) -> bool:
    """Whether some call that signs says nothing itself of what a factory configures."""
    return any(
        factory.model.name in site.model.configured_by
        and isinstance(
            site.project.argument(site.call, replace(site.model, configured_by=()), "lifetime"),
            Absent,
        )
        for site in tokens_signed(factory.project)
    )


def _kind_of_key(site: Site) -> Kind:
    """The kind of token that the name of a plugin speaks of, or those of its key."""
    said = [
        *texts(site.argument("name")),
        *(n for part in walk(site.argument("key")) for n in (*names_of(part), *_named(part))),
    ]
    return next((k for k in map(kind_of, said) if k is not Kind.UNKNOWN), Kind.UNKNOWN)


def _named(part: Value) -> tuple[str, ...]:
    return (part.name,) if isinstance(part, Env) and part.name else ()


def _of_calls(project: Project) -> Iterator[Draft]:
    for site in tokens_signed(project):
        lifetimes = list(_lifetimes(site))
        for time in lifetimes:
            kind = token_kind(site, claim_sets(site), time.source)
            branch = branch_kind(project, time.made)
            if branch is Kind.UNKNOWN and len(lifetimes) > 1:
                branch = kind_of_end(site, time)
            if {kind, branch} == {Kind.ACCESS, Kind.REFRESH}:
                continue  # the way of the other kind; its own caller is a site of its own
            if is_for_others(site, time.source):
                continue
            yield from _too_long(project, time, kind, site.place, stepped(site))


def _of_settings(project: Project) -> Iterator[tuple[Draft, bool]]:
    """What settings say, and whether only a name tells that one is of a token.

    Where every call that signs is known to take another length, nothing takes what is called so.
    """
    taken = [list(_lifetimes(site)) for site in tokens_signed(project)]
    settled = bool(taken) and all(
        lived and not any(time.length is None or time.fallback for time in lived) for lived in taken
    )
    for setting in lifetime_settings(project):
        if setting.by_name and settled:
            continue
        sure = Confidence.MEDIUM if setting.by_name else Confidence.HIGH
        if is_development_file(setting.place.path):
            sure = Confidence.LOW
        for time in times(project, setting.value):
            if not time.clock and time.length is not None:
                unit = setting.unit if time.form != "timedelta" else 1.0
                lived = replace(time, length=time.length * unit)
                kind = kind_of(setting.name)
                for draft in _too_long(project, lived, kind, setting.place, sure):
                    yield draft, setting.by_name


def _lifetimes(site: Site) -> Iterator[Time]:
    """The lengths for which a site's tokens are valid."""
    for time in claim_times(site, "exp"):
        if time.clock and time.clock != "monotonic":
            yield time
    given = given_in_files(site.project, site.argument("lifetime"))
    for time in times(site.project, given):
        lived = None if time.clock else as_lifetime(site, time)
        if lived is not None:
            yield lived
    yield from given_afterwards(site)


def _too_long(
    project: Project, time: Time, kind: Kind, sink: Place, sure: Confidence
) -> Iterator[Draft]:
    limit: float = {
        Kind.REFRESH: project.options.max_refresh_lifetime,
        Kind.LINK: max(_LINK_LIFETIME, project.options.max_access_lifetime),
        Kind.MACHINE: float("inf"),
    }.get(kind, project.options.max_access_lifetime)
    if time.length is None or time.length <= limit + HOUR:  # a day and five seconds is a day
        return
    if is_of_last_resort(project, time.source):
        return
    if time.length < _SURE or time.fallback:
        sure = min(sure, Confidence.MEDIUM)
    yield Draft(
        rule="",
        place=time.source.place or sink,
        message=f"This {_NOUNS[kind]} is valid for {_span(time.length)}: whoever steals one has it"
        " for that long, and it cannot be called back",
        confidence=sure,
        trace=steps(time.source, sink, "lifetime of the token"),
        advice="Keep access tokens to minutes and give longer sessions a refresh token that is"
        " exchanged at each use.",
        anchor=f"lifetime {kind.value}",
    )


def _span(seconds: float) -> str:
    if seconds >= 2 * DAY:
        return f"{seconds / DAY:,.0f} days"
    return f"{seconds / HOUR:.0f} hours"
