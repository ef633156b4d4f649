"""Tokens that are looked at before they are verified, and what that look decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.project import Site, deep, event_values
from jwtaudit.program.readings import readings
from jwtaudit.program.verified import alike
from jwtaudit.values import Const, Member, Outcome, Value

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place


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
            _takes(part, claim, reading.place)
            for event in project.holders(reading.place)
            if event.scope == reading.scope
            for value in event_values(event)
            for part in deep(value)
        )
        for reading in readings(project)
    )


def _takes(value: Value, claim: str, place: Place) -> bool:
    """Whether a value is one claim of the token that is read at a place."""
    if isinstance(value, Member) and value.name == claim:
        base: Value | None = value.base
    elif isinstance(value, Outcome) and value.call.name.rpartition(".")[2] == "get":
        first = value.call.arguments[0].value if value.call.arguments else None
        if not (isinstance(first, Const) and first.value == claim):
            return False
        base = value.call.receiver
    else:
        return False
    return base is not None and any(part.place == place for part in deep(base))


__all__ = ["is_chosen_by"]
