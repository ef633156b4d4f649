"""Revocation: whether a token can be refused before it expires."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import REGISTERED, claim_sets, is_known, is_tested
from jwtaudit.program.claims_read import Reading
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.decorated import stands_beside
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_identity import identities
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.kinds import Kind
from jwtaudit.program.names import names_of, pairs, words
from jwtaudit.program.refused_tokens import asks_for_revocation
from jwtaudit.program.scopes import Returned
from jwtaudit.program.ties import are_one_program
from jwtaudit.program.token_lookups import is_looked_for
from jwtaudit.program.travels import deep
from jwtaudit.program.verifiers import wanted_kind
from jwtaudit.resources import words_of_data
from jwtaudit.values import Absent, Const, Outcome, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_MEANING = "revocation"


@check("no-revocation")
def no_revocation(project: Project) -> Iterator[Draft]:
    """A library that would ask the project about each token is not given whom to ask."""
    open_sites: dict[str, dict[Place, Site]] = {}
    for site in project.sites("verify", "factory"):
        if _hook(site) is None or is_tested(site):
            continue
        if isinstance(site.argument(_MEANING), Absent):
            open_sites.setdefault(site.library.id, {}).setdefault(site.place, site)
    for sites in open_sites.values():  # one decision of the project, however many routes it has
        first, *others = sites.values()
        hook = _hook(first)
        yield Draft(
            "",
            first.place,
            f"no token can be revoked: {first.library.title} is not given `{hook}`, so that a"
            " token which was stolen, or whose user has logged out, is accepted until it"
            " expires",
            Confidence.MEDIUM,
            related=tuple((site.place, "nor here") for site in others),
            advice=f"Look the token's `jti` up in `{hook}`, or keep lifetimes to minutes.",
        )


# Functions so called give the identifier that a token bears.
_WHICH = (("session", "id"), ("token", "id"))


class _Keyed(NamedTuple):
    """A place that signs tokens, or takes access tokens, and what tells their key."""

    use: KeyUse
    site: Site
    keys: frozenset[object]

    @property
    def places(self) -> tuple[Place, ...]:
        """The call of the library and those that lead to it, innermost first."""
        return tuple(call.place for call in self.site.calls)


@check("revocation-check-skipped")
def revocation_check_skipped(project: Project) -> Iterator[Draft]:
    """Tokens that were revoked are refused in one place, and accepted in another."""
    uses = [
        _Keyed(use, use.site, identities(project, use.value))
        for use in key_uses(project)
        if use.site is not None and not is_tested(use.site)
    ]
    minted = [one for one in uses if one.use.role == "sign"]
    asking: list[_Keyed] = []
    others: list[_Keyed] = []
    for one in uses:
        if one.use.role == "verify" and wanted_kind(one.site) is Kind.ACCESS:
            if asks_for_revocation(one.site):
                asking.append(one)
            elif not is_looked_for(one.site):  # what is not kept any more is refused
                others.append(one)
    asked = {place for one in asking for place in one.places}
    refusing = {call.scope for one in asking for call in one.site.calls}
    told = set()
    for taker in others if asking else ():
        place = next((place for place in taker.places if place not in asked), None)
        if place is None or place in told:
            continue
        if _tells_apart(project, place, taker.site):
            continue
        if any(stands_beside(project, call.scope, refusing) for call in taker.site.calls):
            continue
        reading = Reading(taker.site)
        if reading.is_only_logged or not reading.direct - (REGISTERED - {"sub"}):
            continue
        alike = (one for one in asking if _takes_the_same(project, minted, one, taker))
        careful = next(alike, None)
        if careful is None:
            continue
        told.add(place)
        yield Draft(
            "",
            place,
            "tokens that were revoked are accepted here, though other places that take tokens"
            " with the same key look for them: who has logged out, or was shut out, gets in this"
            " way until the token expires",
            Confidence.LOW
            if is_demonstration(place.path, taker.site.call.path)
            else Confidence.MEDIUM,
            trace=((place, "verified here"),),
            related=((careful.places[-1], "revoked tokens are looked for here"),),
            advice="Verify tokens in one function for all, and look for revoked ones there.",
            anchor=enclosing(project, place),
        )


def _tells_apart(project: Project, place: Place, site: Site) -> bool:
    """Whether callers are told apart here by token or address, as to limit how often they call."""
    around = [call.scope for call in site.calls if call.place == place]
    if any(words(scope.qualname)[-2:] in _WHICH for scope in around):
        return True  # which session or token it is, and not who may enter
    limiting = words_of_data("name-words", "limiting")
    if any(limiting & pairs(f"{scope.path} {scope.qualname}") for scope in around):
        return True
    scopes = map(project.scope, around)
    given = (
        tuple(deep(event.value))
        for scope in scopes
        for event in (scope.events if scope is not None else ())
        if isinstance(event, Returned)
    )
    return any(
        any(map(_is_address, parts))
        and not any(isinstance(part, Outcome) and part.call.place == place for part in parts)
        for parts in given
    )


def _is_address(part: Value) -> bool:
    text = (part.value,) if isinstance(part, Const) and isinstance(part.value, str) else ()
    addresses = words_of_data("name-words", "caller-address")
    return any(name.rpartition(".")[2].lower() in addresses for name in (*names_of(part), *text))


def _takes_the_same(project: Project, minted: list[_Keyed], careful: _Keyed, other: _Keyed) -> bool:
    """Whether a token that the one takes, and may refuse as revoked, gets in at the other."""
    if not careful.keys & other.keys or (_answers_all(careful.site) and not _is_apart(other.site)):
        return False
    if not are_one_program(project, careful.use.place.path, other.use.place.path):
        return False
    if any(_expect_others(careful.site, other.site, what) for what in ("audience", "issuer")):
        return False
    readings = [Reading(one.site) for one in (careful, other)]
    asked, needed = (reading.direct - (REGISTERED - {"sub"}) for reading in readings)
    sets = [claims for one in minted if one.keys & other.keys for claims in claim_sets(one.site)]
    own = needed - {"sub"}  # what no other kind of token has
    meant = [claims for claims in sets if own <= set(claims.entries)] or sets
    return not sets or any(not is_known(c) or asked <= set(c.entries) for c in meant)


def _expect_others(one: Site, other: Site, argument: str) -> bool:
    """Whether two verifying calls expect different audiences, or issuers, of their tokens."""
    first, second = (
        [o.value if isinstance(o, Const) else None for o in options(site.argument(argument))]
        for site in (one, other)
    )
    known = first and second and None not in (*first, *second)
    return bool(known) and set(first).isdisjoint(second)


def _answers_all(site: Site) -> bool:
    """Whether a verifying call stands in what sees every request, by its name."""
    return bool(_said(site) & words_of_data("name-words", "every-request"))


def _is_apart(site: Site) -> bool:
    """Whether what is answered does not come through where all other requests do."""
    return bool(_said(site) & words_of_data("name-words", "other-ways-in"))


def _said(site: Site) -> set[str]:
    return {w for call in site.calls for w in pairs(f"{call.scope.path} {call.scope.qualname}")}


def _hook(site: Site) -> str | None:
    """The name of the parameter or option that takes the function to ask."""
    inside = site.model.inside.get(_MEANING)
    return inside.key if inside else site.model.meanings.get(_MEANING)
