"""What findings on calls of a library have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import Setting, setting_of
from jwtaudit.program.origins import steps
from jwtaudit.values import options

if TYPE_CHECKING:
    from jwtaudit.program.sites import Site
    from jwtaudit.repair import Repair
    from jwtaudit.source import Place
    from jwtaudit.values import Value


def call_draft(
    site: Site,
    place: Place,
    message: str,
    advice: str,
    *,
    value: Value | None = None,
    what: str = "",
    confidence: Confidence = Confidence.HIGH,
    notes: tuple[str, ...] = (),
    repair: Repair | None = None,
) -> Draft:
    """A finding on what a call is given: at the place of that, or of the call."""
    if setting_of(place.path) is Setting.EXAMPLE:
        confidence = Confidence(max(0, confidence - 1))
    scope = site.scope
    return Draft(
        "",
        place,
        message,
        confidence,
        trace=steps(value, site.place, what) if value is not None and value.place else (),
        related=((site.place, what),) if what and place != site.place else (),
        advice=advice,
        notes=notes,
        anchor=f"{scope.name if scope else ''} {site.call.name}",
        repair=repair,
    )


def version_of(site: Site) -> str:
    """The version of the library in the project, or the newest; empty where none is known."""
    return str(site.version or site.library.newest or "")


def by_branch(value: Value) -> Confidence:
    """High for what always holds, medium for one of several branches."""
    return Confidence.MEDIUM if len(options(value)) > 1 else Confidence.HIGH
