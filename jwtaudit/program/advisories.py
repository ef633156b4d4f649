"""What is published about packages: faults by version, and packages that were given up."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from jwtaudit.resources import data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place


@dataclass(frozen=True, slots=True)
class Advisory:
    """One published fault of a package; ``rules/data/advisories.toml`` explains the fields."""

    ecosystem: str
    package: str
    ids: tuple[str, ...]
    affected: str
    fixed: str
    weight: int
    effect: str
    calls: tuple[str, ...] = ()
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A package that should not be used any more."""

    ecosystem: str
    package: str
    why: str
    successor: str


_USUAL = "pypi"


@functools.lru_cache(maxsize=1)
def advisories() -> Mapping[tuple[str, str], tuple[Advisory, ...]]:
    """Ecosystem and package -> its faults, the gravest first."""
    found: dict[tuple[str, str], list[Advisory]] = {}
    for row in data("advisories")["advisory"]:
        ecosystem = row.get("ecosystem", _USUAL)
        advisory = Advisory(
            ecosystem,
            row["package"],
            tuple(row["ids"]),
            row["affected"],
            row["fixed"],
            row["weight"],
            row["effect"],
            tuple(row.get("calls", ())),
            row.get("algorithms") == "mixed",
        )
        found.setdefault((ecosystem, advisory.package), []).append(advisory)
    return {key: tuple(sorted(rows, key=lambda row: -row.weight)) for key, rows in found.items()}


@functools.lru_cache(maxsize=1)
def abandoned() -> Mapping[tuple[str, str], Abandoned]:
    """Ecosystem and package -> what became of it."""
    rows = (
        Abandoned(row.get("ecosystem", _USUAL), row["package"], row["why"], row["successor"])
        for row in data("advisories")["abandoned"]
    )
    return {(row.ecosystem, row.package): row for row in rows}


def concerned(manifest: bytes) -> bool:
    """Whether a manifest may name a package of the tables."""
    lower = manifest.lower().replace(b"\0", b"")
    return any(package.encode() in lower for _, package in (*advisories(), *abandoned()))


def title(project: Project, ecosystem: str, package: str) -> str:
    """A package's name as people write it."""
    titles = (
        library.title
        for library in project.models.libraries
        if library.package == package and library.ecosystem == ecosystem
    )
    return next(titles, package).partition(" (")[0]


def exposed(project: Project, advisory: Advisory, folder: str) -> Place | None:
    """A call below a folder that a fault can be reached by; None when none was seen."""
    from jwtaudit.program.key_uses import key_uses  # noqa: PLC0415 - the tables alone need no program

    if advisory.calls:
        places = (
            call.place
            for call in project.calls
            if any(fnmatchcase(call.name, pattern) for pattern in advisory.calls)
        )
    else:
        places = (
            use.place
            for use in key_uses(project)
            if use.library.package == advisory.package
            and use.library.ecosystem == advisory.ecosystem
            and use.site is not None
            and use.role != "sign"
            and (not advisory.mixed or _is_open(use.algorithms))
        )
    return next((place for place in places if _counts(place, folder)), None)


def _counts(place: Place, folder: str) -> bool:
    from jwtaudit.program.context import is_test  # noqa: PLC0415

    return not is_test(place.path) and place.path.startswith(folder)


def _is_open(algorithms: frozenset[str]) -> bool:
    """Whether a token may choose between HMAC and signatures."""
    return not algorithms or len({name.startswith("HS") for name in algorithms}) > 1
