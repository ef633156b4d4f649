"""Tokens that are looked at before they are verified, and what that look decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.claims import bases_of
from jwtaudit.program.readings import is_header_of_token, readings
from jwtaudit.program.scopes import Tested
from jwtaudit.program.travels import deep, event_values
from jwtaudit.program.verified import alike

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site


def is_chosen_by(project: Project, site: Site, claim: str) -> bool:
    """Whether a claim, read before, has chosen what the same token is verified with.

    A token that is verified with the keys of the issuer it names is of that issuer.
    """
    token = site.argument("token")
    return any(
        reading.scope == site.call.scope
        and reading.site is not None
        and alike(reading.site.argument("token"), token)
        and any(
            part.place == reading.place
            for event in project.holders(reading.place)
            if event.scope == reading.scope
            for value in event_values(event)
            for base in bases_of(project, value, claim)
            for part in deep(base)
        )
        for reading in readings(project)
    )


def compares_signer(site: Site) -> bool:
    """Whether a program holds against something whom the token's header names as its signer.

    So a load balancer's tokens are told from those of others with the same keys.
    """
    scopes = (site.project.scope(call.scope) for call in (site.call, *site.chain))
    return any(
        is_header_of_token(site.project, base)
        for scope in scopes
        for event in (scope.events if scope is not None else ())
        if isinstance(event, Tested)
        for base in bases_of(site.project, event.value, "signer")
    )
