"""Tokens that nothing tells from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import claim_sets, is_tested
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.contracts import given, is_missing
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.kinds import Kind, token_kind
from jwtaudit.program.names import pairs
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import deep
from jwtaudit.resources import words_of_data
from jwtaudit.values import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site


@check("missing-jti")
def missing_jti(project: Project) -> Iterator[Draft]:
    """A refresh token has no identifier."""
    for site in project.sites("sign"):
        if is_tested(site) or not is_missing(given(site, "jti")):
            continue
        kind = token_kind(site, claim_sets(site), site.argument("lifetime"), around=False)
        if kind is not Kind.REFRESH or _is_told_apart(site):
            continue
        shown = is_demonstration(site.place.path, site.call.path)
        yield Draft(
            "",
            site.place,
            "a refresh token is signed without `jti`: two that are made for a user within a second"
            " are the same, so that none can be revoked, or found to be used twice, by itself",
            Confidence.LOW if shown else Confidence.MEDIUM,
            advice="Put a `jti` into it that is drawn by chance, keep it while the token is good,"
            " and take each once.",
            anchor=enclosing(project, site.place),
        )


def _is_told_apart(site: Site) -> bool:
    """Whether something else in each token is its own: a session, a number drawn by chance."""
    telling = words_of_data("claim-words", "telling-apart")
    return any(
        telling & pairs(str(name))
        or any(
            isinstance(p, Outcome) and has_role(site.project, p, "generator") for p in deep(value)
        )
        for claims in claim_sets(site)
        for name, value in claims.entries.items()
    )
