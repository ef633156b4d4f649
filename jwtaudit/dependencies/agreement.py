"""Whether the versions that a manifest asks for go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.dependencies.versions import fits, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.version import Version

    from jwtaudit.dependencies import Requirement
    from jwtaudit.models import Library

_NEWEST = "99999"  # what is installed where nothing is pinned


def clashes(
    libraries: Iterable[Library], package: str, version: Version, beside: Sequence[Requirement]
) -> bool:
    """Whether a version does not go together with what is asked for beside it.

    Models say it, of the versions of their library: ``"needs:other" = "<2"``.
    """
    for library in libraries:
        for other in beside:
            if other.ecosystem != library.ecosystem:
                continue
            if other.package == library.package != package:
                theirs = other.version or library.newest_in(other.specifier)
                needed = library.semantic(f"needs:{package}", theirs)
                if needed and not fits(needed, version):
                    return True
            elif library.package == package:
                needed = library.semantic(f"needs:{other.package}", version)
                if needed and not fits(needed, other.version or version_of(_NEWEST)):
                    return True
    return False
