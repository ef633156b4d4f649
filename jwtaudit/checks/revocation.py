"""Revocation: whether a token can be refused before it expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import is_tested
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


def _hook(site: Site) -> str | None:
    """The name of the parameter or option that takes the function to ask."""
    inside = site.model.inside.get(_MEANING)
    return inside.key if inside else site.model.meanings.get(_MEANING)
