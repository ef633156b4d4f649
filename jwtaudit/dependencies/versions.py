"""Versions and ranges, in the form of PEP 440; ``||`` stands between alternative ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version


def exact_version(specifier: str) -> Version | None:
    """The version that a specifier admits, where it is a single one."""
    match = re.fullmatch(r"\s*={2,3}\s*([^\s,*]+)\s*", specifier)
    return version_of(match[1]) if match else None


def version_of(text: str) -> Version | None:
    """A version; None where a text is none."""
    from packaging.version import Version  # noqa: PLC0415

    try:
        return Version(text)
    except ValueError:  # no version, or a number with thousands of digits
        return None


def fits(specifier: str, version: Version | None) -> bool:
    """Whether a version lies inside of a range."""
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415

    if version is None:
        return False
    try:
        return any(
            SpecifierSet(part).contains(version, prereleases=True) for part in specifier.split("||")
        )
    except ValueError:
        return False


def bounds(specifier: str) -> list[str]:
    """The numbers that a range names."""
    return re.findall(r"\d+(?:\.\d+)*", specifier)
