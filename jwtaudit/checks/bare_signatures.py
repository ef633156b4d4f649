"""Signatures over the text of a token, verified beside the claims that are read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import is_handed_to_check, is_tested, members_read
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.readings import readings
from jwtaudit.program.scopes import Returned, Tested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project


def of_bare_signatures(project: Project) -> Iterator[Draft]:
    """Claims read without a look at them, in a file that verifies the signature by itself.

    As with ``key.verify(message, signature)``, which knows of no claims.
    """
    files = {site.place.path for site in project.sites("verify-bytes") if not is_tested(site)}
    if not files or _is_asked(project, "exp"):
        return
    for reading in readings(project):
        site = reading.site
        if site is None or site.place.path not in files or is_handed_to_check(project, site.call):
            continue
        shown = is_demonstration(site.place.path, site.call.path)
        yield Draft(
            rule="",
            place=site.place,
            message="only the signature of this token is verified, and nothing looks at `exp`: an"
            " expired token is accepted, so a stolen one never dies",
            confidence=Confidence.LOW if shown else Confidence.MEDIUM,
            advice="Verify with the library's JWT function, which looks at the claims, too.",
            anchor=f"{site.call.scope.qualname} claims",
        )


def _is_asked(project: Project, claim: str) -> bool:
    """Whether anything in the program hangs on a member so called."""
    return any(
        claim in members_read(project, event.value)
        for event in project.events
        if isinstance(event, (Tested, Returned)) and not is_test(event.place.path)
    )
