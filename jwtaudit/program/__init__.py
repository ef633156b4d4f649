"""The program: facts of many files, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.program.travels import deep, event_values

__all__ = ["Project", "Site", "deep", "event_values"]


def __getattr__(name: str) -> Any:
    """Import the project when it is used: most scans need no more than ``program.options``."""
    if name in __all__:
        from jwtaudit.program import project  # noqa: PLC0415

        return getattr(project, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
