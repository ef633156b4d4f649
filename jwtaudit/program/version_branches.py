"""Branches that are taken with some versions of a library, and not with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.scopes import Tested
from jwtaudit.program.travels import deep
from jwtaudit.values import Const, Outcome, Symbol

if TYPE_CHECKING:
    from jwtaudit.models import Library
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Value

_ATTRIBUTE = "__version__"
_READERS = ("metadata.version", "get_distribution")


def is_for_some_version(site: Site) -> bool:
    """Whether a call stands where the program has asked for the version of its library.

    ``if parse(jwt.__version__) < parse("2.0"): return jwt.decode(token, verify=False)``. What the
    newest version makes of it does not count there.
    """
    raw = site.call.origin or site.call
    scope = site.project.scope(raw.scope)
    return any(
        isinstance(event, Tested)
        and any(event.is_side(arm.side, arm) for arm in raw.path)
        and any(_tells_version(part, site.library) for part in deep(event.value))
        for event in (scope.events if scope is not None and raw.path else ())
    )


def _tells_version(part: Value, library: Library) -> bool:
    """Whether a value is ``jwt.__version__``, or ``metadata.version("pyjwt")``."""
    if isinstance(part, Symbol):
        return part.name in {f"{root}.{_ATTRIBUTE}" for root in library.roots}
    asked = part.call.arguments if isinstance(part, Outcome) else ()
    return (
        isinstance(part, Outcome)
        and part.call.name.endswith(_READERS)
        and any(
            isinstance(one.value, Const) and str(one.value.value).lower() == library.package
            for one in asked
        )
    )
