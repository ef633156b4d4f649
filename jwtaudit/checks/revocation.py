"""Revocation: whether a token can be refused before it expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import REGISTERED, is_tested
from jwtaudit.program.claims_read import Reading
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_identity import identities
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.kinds import Kind, words
from jwtaudit.program.refused_tokens import asks_for_revocation
from jwtaudit.program.ties import are_one_program
from jwtaudit.program.verifiers import wanted_kind
from jwtaudit.resources import words_of_data
from jwtaudit.values import Absent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place

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


@check("revocation-check-skipped")
def revocation_check_skipped(project: Project) -> Iterator[Draft]:
    """Tokens that were revoked are refused in one place, and accepted in another."""
    accepting = [
        (use, use.site, identities(project, use.value))
        for use in key_uses(project)
        if use.role == "verify" and use.site is not None and not is_tested(use.site)
        if wanted_kind(use.site) is Kind.ACCESS
    ]
    asking = [one for one in accepting if asks_for_revocation(one[1])] if accepting[1:] else []
    if not asking:
        return
    told = set()
    for use, site, keys in accepting:
        place = site.chain[-1].place if site.chain else site.place
        alike = [
            (other, careful)
            for other, careful, shared in asking
            if keys & shared
            and are_one_program(project, other.place.path, use.place.path)
            and (_is_apart(site) or not _answers_all(careful))
        ]
        if not alike or place in told or asks_for_revocation(site):
            continue
        if not Reading(site).claims - (REGISTERED - {"sub"}):
            continue  # nobody is let in by what stands in it
        told.add(place)
        other, _ = alike[0]
        yield Draft(
            "",
            place,
            "tokens that were revoked are accepted here, though other places that take tokens"
            " with the same key look for them: who has logged out, or was shut out, gets in this"
            " way until the token expires",
            Confidence.LOW if is_demonstration(place.path, site.call.path) else Confidence.MEDIUM,
            trace=((place, "verified here"),),
            related=((other.place, "revoked tokens are looked for here"),),
            advice="Verify tokens in one function for all, and look for revoked ones there.",
            anchor=enclosing(project, place),
        )


def _answers_all(site: Site) -> bool:
    """Whether a verifying call stands in what sees every request, by its name."""
    return bool(_said(site) & words_of_data("name-words", "every-request"))


def _is_apart(site: Site) -> bool:
    """Whether what is answered does not come through where all other requests do."""
    return bool(_said(site) & words_of_data("name-words", "other-ways-in"))


def _said(site: Site) -> set[str]:
    calls = (site.call, *site.chain)
    return {w for call in calls for w in words(f"{call.scope.path} {call.scope.qualname}")}


def _hook(site: Site) -> str | None:
    """The name of the parameter or option that takes the function to ask."""
    inside = site.model.inside.get(_MEANING)
    return inside.key if inside else site.model.meanings.get(_MEANING)
