"""Dependencies: versions with published faults, and packages that were given up."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.dependencies import is_followed
from jwtaudit.dependencies.agreement import clashes
from jwtaudit.dependencies.versions import bounds, fits, version_of
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.advisories import abandoned, advisories, exposed, title
from jwtaudit.program.context import Setting, is_test, setting_of
from jwtaudit.program.upgrades import breaks
from jwtaudit.repair import Repair, ReplaceText

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from jwtaudit.dependencies import Requirement
    from jwtaudit.models import Library
    from jwtaudit.program import Project
    from jwtaudit.program.advisories import Advisory
    from jwtaudit.source import Place

_NOT_SHIPPED = re.compile(r"(^|[-_./])(tests?|dev|develop|docs?|lint|ci|build)([-_./]|$)")
_MOST_NAMED = 3
# One version with an operator before it: what may follow it is decided by people.
_FLOOR = re.compile(r"\s*(?:===?|>=|~=?|\^|@\^)?\s*v?(\d+(?:\.\d+)*)\s*")


@check("vulnerable-jwt-library")
def vulnerable_jwt_library(project: Project) -> Iterator[Draft]:
    """Every version that a manifest admits has a published fault."""
    told: set[Place] = set()
    for key, requirements in _by_package(project, advisories()):
        known = advisories()[key]
        releases = [number for a in known for number in (a.fixed, *bounds(a.affected))]
        open_to = {
            requirement.place: found
            for requirement in requirements
            if (found := [a for a in known if requirement.is_within(a.affected, releases)])
        }
        affected = [r for r in requirements if r.place in open_to and r.place not in told]
        for requirement, related in _told_once(affected):
            told.add(requirement.place)
            draft = _vulnerable(project, requirement, open_to[requirement.place], related)
            fixed = _safe(requirement, _newest(open_to[requirement.place]))
            draft.repair = _raised(project, requirement, fixed, requirements)
            yield draft


def _vulnerable(
    project: Project, requirement: Requirement, known: Sequence[Advisory], related: Sequence[Place]
) -> Draft:
    folder = _folder(requirement.place.path)
    reached = {a: place for a in known if (place := exposed(project, a, folder))}
    known = sorted(known, key=lambda a: (a not in reached or a.weight < 2, -a.weight))
    worst = known[0]
    name = title(project, requirement.ecosystem, requirement.package)
    fixed = _safe(requirement, _newest(known))
    others = [a.ids[0] for a in known[1:]]
    message = (
        f"{name} {requirement.version or requirement.written} is open to {worst.ids[0]}:"
        f" {worst.effect} (fixed in {worst.fixed})"
    )
    if others:
        named = ", ".join(others[:_MOST_NAMED])
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        message += f"; also to {named}{more}"
    return Draft(
        rule="",
        place=requirement.place,
        message=message,
        confidence=_vulnerable_confidence(requirement, known, reached),
        related=(
            *((reached[a], f"open to {a.ids[0]}") for a in known if a in reached),
            *((place, "named here too") for place in related),
        ),
        advice=f"Raise it to {fixed} or later (`{_wanted(requirement, fixed)}`) and lock again.",
        anchor=requirement.package,
    )


def _raised(
    project: Project, requirement: Requirement, fixed: str, beside: Iterable[Requirement]
) -> Repair | None:
    """The floors and pins of manifests that people write; a lock is made by its tool.

    What other manifests beside it say of the package has to agree, or is raised, too.
    """
    version = version_of(fixed)
    if version is None or requirement.lock or breaks(project, requirement.package, version):
        return None
    raised = [requirement, *(r for r in beside if r.place != requirement.place and not r.lock)]
    changes, leap = [], ""
    for each in raised:
        if each.specifier and not fits(each.specifier, version):
            match = _FLOOR.fullmatch(each.written)
            if match is None:
                return None
            beside_it = list(project.dependencies.requirements(each.place.path))
            if clashes(project.models.libraries, each.package, version, beside_it):
                return None
            changes.append(ReplaceText(each.place, match[1], fixed))
            if match[1].partition(".")[0] != fixed.partition(".")[0]:
                leap = ": another major version, read its changes first"
    return Repair(f"Raise {requirement.package} to {fixed}{leap}", *changes) if changes else None


def _newest(known: Iterable[Advisory]) -> str:
    """The release that has all fixes."""
    return max((a.fixed for a in known), key=lambda text: [int(n) for n in text.split(".")])


def _safe(requirement: Requirement, release: str) -> str:
    """The first release from this one on that has no published fault."""
    known = advisories()[requirement.ecosystem, requirement.package]
    while found := [a for a in known if fits(a.affected, version_of(release))]:
        later = _newest(found)
        if later == release:
            break
        release = later
    return release


def _wanted(requirement: Requirement, release: str) -> str:
    """How the package manager is told."""
    sign = "@^" if requirement.ecosystem == "npm" else ">="
    return f"{requirement.package}{sign}{release}"


def _vulnerable_confidence(
    requirement: Requirement, known: Sequence[Advisory], reached: Collection[Advisory]
) -> Confidence:
    if any(advisory.weight > 1 for advisory in reached):
        # What is bundled into a program stands under what only development needs, too.
        return _confidence(requirement.place.path)
    if requirement.development:
        return Confidence.LOW
    if reached or any(advisory.weight > 1 for advisory in known):
        return min(_confidence(requirement.place.path), Confidence.MEDIUM)
    return Confidence.LOW


def _confidence(manifest: str) -> Confidence:
    return Confidence.HIGH if _is_for_the_program(manifest) else Confidence.LOW


def _is_shipped(requirement: Requirement) -> bool:
    """Whether the program itself needs a package, and not its tests alone."""
    return not requirement.development and _is_for_the_program(requirement.place.path)


def _is_for_the_program(manifest: str) -> bool:
    return setting_of(manifest) is Setting.PRODUCT and not _NOT_SHIPPED.search(manifest.lower())


@check("unmaintained-or-wrong-package")
def unmaintained_or_wrong_package(project: Project) -> Iterator[Draft]:
    """A package was given up, or takes the place of the one that is meant."""
    for key, requirements in _by_package(project, abandoned()):
        gone = abandoned()[key]
        for requirement, related in _told_once(requirements):
            yield Draft(
                rule="",
                place=requirement.place,
                message=f"{title(project, *key)} {gone.why}: what is found in it next will not"
                " be repaired",
                confidence=_abandoned_confidence(project, requirement),
                related=tuple((place, "named here too") for place in related),
                advice=f"Use {gone.successor} instead.",
                anchor=requirement.package,
            )
    yield from _clashes(project)


def _abandoned_confidence(project: Project, requirement: Requirement) -> Confidence:
    """Low for a known library that the program itself does not call, as for tests or an extra."""
    roots = [
        f"{root}."
        for library in project.models.libraries
        if library.package == requirement.package and library.ecosystem == requirement.ecosystem
        for root in library.roots
    ]
    is_called = any(
        call.name.startswith(tuple(roots)) and not is_test(call.place.path)
        for call in project.calls
    )
    return Confidence.LOW if roots and not is_called else _confidence(requirement.place.path)


def _clashes(project: Project) -> Iterator[Draft]:
    libraries = {
        library.package: library
        for library in project.models.libraries
        if library.ecosystem == "pypi"
    }
    packages = {
        ("pypi", p) for a in libraries.values() if a.conflicts for p in (a.package, *a.conflicts)
    }
    named = {
        path: {
            requirement.package: requirement
            for requirement in reversed([*project.dependencies.requirements(path, packages)])
        }
        for path in project.dependencies.manifests(project.files)
    }
    for path, found in named.items():
        for package, requirement in found.items():
            library = libraries.get(package)
            for other in library.conflicts if library else ():
                if library is None or not _is_unused(project, library, libraries[other]):
                    continue
                if all(other not in packages for packages in named.values()):
                    wanted = title(project, "pypi", other)
                    yield Draft(
                        rule="",
                        place=requirement.place,
                        message=f"The program calls the functions of {wanted}, and {package} is"
                        f" another library, which installs a module `{library.roots[0]}` as well",
                        confidence=_confidence(path),
                        advice=f"Name `{other}` instead.",
                        anchor=package,
                    )
                elif other in found:
                    yield Draft(
                        rule="",
                        place=requirement.place,
                        message=f"The packages {package} and {other} both install a module"
                        f" `{library.roots[0]}`: which of them verifies tokens depends on the order"
                        " of installation",
                        confidence=_confidence(path),
                        related=((found[other].place, "the other package"),),
                        advice=f"Remove `{package}`; the program calls"
                        f" {title(project, 'pypi', other)}'s functions.",
                        anchor=package,
                    )


def _is_unused(project: Project, library: Library, other: Library) -> bool:
    """Whether the program was written for the other one of two libraries."""
    uses = {library.id: 0, other.id: 0}
    for call in project.calls:
        model = project.model_of(call)
        if model is not None and model.library.id in uses:
            uses[model.library.id] += 1
    return uses[library.id] < uses[other.id]


# -- manifests -----------------------------------------------------------------------------------


def _by_package(
    project: Project, packages: Collection[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], list[Requirement]]]:
    """The requirements on each of some packages, one per manifest, directory by directory."""
    found: dict[tuple[str, tuple[str, str]], dict[str, Requirement]] = defaultdict(dict)
    manifests = project.dependencies.manifests(project.files)
    for path in manifests:
        if not is_followed(path):
            for requirement in project.dependencies.requirements(path, packages):
                package = (requirement.ecosystem, requirement.package)
                found[_folder(path), package].setdefault(path, requirement)
    for path in manifests:
        if is_followed(path):
            _follow(project, path, found)
    for (_, package), by_manifest in sorted(found.items()):
        yield package, list(by_manifest.values())


def _follow(
    project: Project,
    lock: str,
    found: Mapping[tuple[str, tuple[str, str]], dict[str, Requirement]],
) -> None:
    """Add to what people wrote what a lock made of it; it may be one for several directories."""
    below = {key: r for key, r in found.items() if key[0].startswith(_folder(lock))}
    packages = {package for _, package in below}
    if not packages:
        return
    for requirement in project.dependencies.requirements(lock, packages):
        for (_, package), written in below.items():
            if package == (requirement.ecosystem, requirement.package) and any(
                r.admits(requirement) for r in written.values() if not r.lock
            ):
                written.setdefault(lock, requirement)


def _folder(manifest: str) -> str:
    """The directory that a manifest holds for, with a slash behind it; empty for the root."""
    folder = PurePosixPath(manifest).parent
    if folder.name == "requirements":
        folder = folder.parent
    return "" if str(folder) == "." else f"{folder}/"


def _told_once(
    requirements: Sequence[Requirement],
) -> Iterator[tuple[Requirement, Sequence[Place]]]:
    """What people wrote, with what follows from it; a lock only where nobody wrote anything.

    What a program needs stands in the lists for its tests and documentation as well.
    """
    requirements = [r for r in requirements if not is_test(r.place.path)]
    shipped = [r for r in requirements if _is_shipped(r)] or requirements
    written = [r for r in shipped if not r.lock]
    if not written or not _is_shipped(shipped[0]):
        written = shipped[:1]
    following = [r.place for r in requirements if r not in written]
    for requirement in written:
        yield requirement, following
