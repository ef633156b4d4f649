"""What findings on keys have in common."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import Setting, setting_of
from jwtaudit.program.development import is_for_development
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.origins import describe, steps
from jwtaudit.program.wording import wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.program.key_sources import Source
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.project import Project
    from jwtaudit.repair import Repair
    from jwtaudit.source import Place

_DEVELOPMENT = re.compile(r"(^|[-_.])(dev|development|local|debug)($|[-_.])", re.IGNORECASE)


def key_draft(
    project: Project,
    use: KeyUse,
    source: Source,
    message: str,
    advice: str,
    confidence: Confidence,
    secrets: tuple[Place, ...] = (),
    repair: Repair | None = None,
) -> Draft:
    """A finding on what a key is made of, at the place where that stands."""
    place = source.value.place or use.place
    return Draft(
        rule="",
        place=place,
        message=message,
        confidence=min(confidence, confidence_of(project, place, (use,))),
        trace=steps(source.value, use.place, f"{use.library.title} {use.verb} with it"),
        advice=advice,
        notes=use.library.assumed(use.version),
        secrets=secrets,
        anchor=enclosing(project, place),
        repair=repair,
    )


def confidence_of(project: Project, place: Place, uses: Iterable[KeyUse]) -> Confidence:
    """How sure it is that a literal is a key in use: less in examples and for development."""
    kinds = {setting_of(place.path), *(setting_of(use.place.path) for use in uses)}
    if Setting.EXAMPLE in kinds:
        return Confidence.LOW
    stem = PurePosixPath(place.path).stem
    if _DEVELOPMENT.search(stem) or enclosing(project, place).lower().startswith(("dev", "local")):
        return Confidence.LOW
    return Confidence.LOW if is_for_development(project, place) else Confidence.HIGH


def written(use: KeyUse, name: str) -> str:
    """Code for advice, in the language that the key is used in."""
    return wording(use.library.language, name)


def when_missing(source: Source) -> str:
    """In which case it is the key, to begin a sentence with."""
    for lookup in reversed(source.lookups):
        if lookup.name:
            return f"Unless {describe(lookup)} is set,"
    return "Here"


def versioned(use: KeyUse) -> str:
    """The library with its version, to be said of what differs between versions."""
    if use.version is not None:
        return f"{use.library.title} {use.version}"
    return f"the newest {use.library.title}"
