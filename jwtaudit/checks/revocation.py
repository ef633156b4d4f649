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

_MEANING = "revocation"


@check("no-revocation")
def no_revocation(project: Project) -> Iterator[Draft]:
    """A library that would ask the project about each token is not given whom to ask."""
    for site in project.sites("verify", "factory"):
        named = site.model.inside.get(_MEANING)
        hook = named.key if named else site.model.meanings.get(_MEANING)
        if hook is None or is_tested(site):
            continue
        if isinstance(site.argument(_MEANING), Absent):
            yield Draft(
                "",
                site.place,
                f"no token can be revoked: {site.library.title} is not given `{hook}`, so that a"
                " token which was stolen, or whose user has logged out, is accepted until it"
                " expires",
                Confidence.MEDIUM,
                advice=f"Look the token's `jti` up in `{hook}`, or keep lifetimes to minutes.",
            )
