"""Whether the versions that a manifest asks for go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.dependencies.versions import fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.version import Version

    from jwtaudit.dependencies import Requirement
    from jwtaudit.models import Library


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
            elif library.package == package and other.version:
                needed = library.semantic(f"needs:{other.package}", version)
                if needed and not fits(needed, other.version):
                    return True
    return False
