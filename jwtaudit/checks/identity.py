"""By which claim somebody is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.authority_words import says, words
from jwtaudit.program.claims import holds_call, is_foreign, is_tested, members_read
from jwtaudit.program.claims_read import Reading
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.token_sources import finds_record
from jwtaudit.values import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site


@check("mutable-identity-claim")
def mutable_identity_claim(project: Project) -> Iterator[Draft]:
    """A user of an identity provider is known by what may become somebody else's."""
    told = set()
    for site in project.sites("verify"):
        if (
            is_tested(site)
            or not is_foreign(site)
            or not Reading(site).claims.isdisjoint(words("lasting"))
        ):
            continue
        for use in project.uses(site.call):
            claim = _looked_up_by(site, use) if isinstance(use, Call) else None
            if claim is None or use.place in told:
                continue
            told.add(use.place)
            yield Draft(
                "",
                use.place,
                f"a user is looked up by `{claim}` of an identity provider's token: whoever gets"
                f" that {claim.replace('_', ' ')} later, or may set it, is let in as that user",
                Confidence.MEDIUM,
                related=((site.place, "verified here"),),
                advice="Keep `iss` and `sub` with each user, and look users up by both.",
                anchor=enclosing(project, use.place),
            )


def _looked_up_by(site: Site, call: Call) -> str | None:
    """The changing claim by which a call finds or makes a user; None where there is another."""
    if not (finds_record(call) or says(call.name.rpartition(".")[2], "acting")):
        return None
    read = {
        str(name)
        for argument in call.arguments
        for name, bases in members_read(site.project, argument.value).items()
        if holds_call(bases, site.call) and name not in words("containers")
    }
    return min(read, default=None) if read and read <= set(words("changing")) else None
