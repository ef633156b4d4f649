"""What is published about packages: faults by version, and packages that were given up."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import tomli

from jwtaudit.resources import rules_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place


@dataclass(frozen=True, slots=True)
class Advisory:
    """One published fault of a package; ``rules/data/advisories.toml`` explains the fields."""

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

    package: str
    why: str
    successor: str


@functools.lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    return tomli.loads((rules_directory() / "data" / "advisories.toml").read_text("utf-8"))


@functools.lru_cache(maxsize=1)
def advisories() -> Mapping[str, tuple[Advisory, ...]]:
    """Package -> its faults, the gravest first."""
    found: dict[str, list[Advisory]] = {}
    for row in _document()["advisory"]:
        advisory = Advisory(
            row["package"],
            tuple(row["ids"]),
            row["affected"],
            row["fixed"],
            row["weight"],
            row["effect"],
            tuple(row.get("calls", ())),
            row.get("algorithms") == "mixed",
        )
        found.setdefault(advisory.package, []).append(advisory)
    return {
        package: tuple(sorted(rows, key=lambda row: -row.weight)) for package, rows in found.items()
    }


@functools.lru_cache(maxsize=1)
def abandoned() -> Mapping[str, Abandoned]:
    """Package -> what became of it."""
    return {
        row["package"]: Abandoned(row["package"], row["why"], row["successor"])
        for row in _document()["abandoned"]
    }


def concerned(manifest: bytes) -> bool:
    """Whether a manifest may name a package of the tables."""
    lower = manifest.lower().replace(b"\0", b"")
    return any(package.encode() in lower for package in (*advisories(), *abandoned()))


def title(project: Project, package: str) -> str:
    """A package's name as people write it."""
    titles = (lib.title for lib in project.models.libraries if lib.package == package)
    return next(titles, package).partition(" (")[0]


def exposed(project: Project, advisory: Advisory, folder: str) -> Place | None:
    """A call below a folder that a fault can be reached by; None when none was seen."""
    from jwtaudit.program.keys import key_uses  # noqa: PLC0415 - the tables alone need no program

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
