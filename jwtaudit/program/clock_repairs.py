"""Having clocks read with their zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.sites import Site
from jwtaudit.repair import CallInstead, Named, Repair, Replace, SetArgument, Snippet
from jwtaudit.values import Absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtaudit.program.project import Project
    from jwtaudit.program.times import Time
    from jwtaudit.repair import Change
    from jwtaudit.source import Place

_UTC = Named("utc")


def in_utc(project: Project, clocks: Mapping[Place, Time], *, safe: bool = False) -> Repair:
    """Read the clocks at some places with their zone, at all or none.

    Safe where only signing calls see what it gives: they write the same number into the token.
    """
    changes = [change for place, time in clocks.items() for change in _zoned(project, place, time)]
    return Repair("Read the clock in UTC, with its zone", *changes, safe=safe)


def _zoned(project: Project, place: Place, time: Time) -> list[Change]:
    """Read the clock anew; one that is given a moment is to keep it."""
    model = project.model_of(time.made) if time.made is not None else None
    site = Site(project, time.made, model) if time.made is not None and model else None
    if site is None or isinstance(site.argument("value"), Absent):
        return [Replace(place, Named("utc-now"))]
    zone = site.argument("tz")
    named: Change = SetArgument(place, "tz", _UTC)
    if zone.place is not None and zone.place != place and not isinstance(zone, Absent):
        named = Replace(zone.place, _UTC)
    other = [CallInstead(place, Snippet(site.model.secure))] if site.model.secure else []
    return [*other, named]
