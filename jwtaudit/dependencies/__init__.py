"""Which version of a library a project uses, as its manifests and lock files say.

Nothing is read before it is asked for: a directory's manifests are looked up when a version is
wanted for a file below it, going up from the file. The nearest directory that names the package
wins, a lock file before a pinned requirement before a range; a lock further up is still believed
where it fits the nearer range, as in a workspace with one lock.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.dependencies import npm, pypi
from jwtaudit.dependencies.manifests import BrokenManifestError, decoded, text_of
from jwtaudit.dependencies.versions import bounds, exact_version, fits, version_of
from jwtaudit.finding import Diagnostic
from jwtaudit.models import SCRIPT
from jwtaudit.source import Place, Source, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.version import Version

    from jwtaudit.dependencies.manifests import Ecosystem, Kind
    from jwtaudit.models import Library

_ECOSYSTEMS = {found.name: found for found in (pypi.ECOSYSTEM, npm.ECOSYSTEM)}
_ENDS = tuple(end for ecosystem in _ECOSYSTEMS.values() for end in ecosystem.ends)
_MAX_SPECIFIER = 200
_ANY_LATER = "99999"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a manifest says of a package.

    Attributes:
        version: the locked or pinned version; for a range the newest tested one inside it;
            None where nothing can be told.
        specifier: as written, in the form of PEP 440; empty when any version will do.
        source: the manifest, relative to the scan root.
        line: where in it, from 1.
        exact: whether the version is told rather than chosen.
        oldest: the lowest version that a range names and admits.
        development: whether it is said for those who work on the program.
    """

    version: Version | None
    specifier: str
    source: str
    line: int | None
    exact: bool
    oldest: Version | None = None
    development: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one manifest says of one package.

    Attributes:
        ecosystem: the registry that it comes from, ``pypi`` or ``npm``.
        package: its name as that registry compares it.
        specifier: in the form of PEP 440; empty when any version will do.
        written: the range as people wrote it.
        place: where, in the manifest.
        lock: whether the manifest was made by a tool that resolved all versions.
        development: whether only those who work on the program need it.
    """

    ecosystem: str
    package: str
    specifier: str
    written: str
    place: Place
    lock: bool
    development: bool = False

    @property
    def version(self) -> Version | None:
        """The version, where it is told."""
        return exact_version(self.specifier)

    def is_within(self, affected: str, known: Iterable[str] = ()) -> bool:
        """Whether no version that may be installed lies outside of a range.

        Args:
            affected: the range.
            known: versions that exist; without them only the bounds tell.
        """
        if self.version is not None:
            return fits(affected, self.version)
        if not self.specifier:
            return False
        versions = map(version_of, (*known, *bounds(self.specifier), _ANY_LATER))
        return not any(fits(self.specifier, v) and not fits(affected, v) for v in versions if v)

    def admits(self, other: Requirement) -> bool:
        """Whether the version of another one, of a lock, is what this one asks for."""
        return fits(self.specifier, other.version)


class _Entry(NamedTuple):
    specifier: str
    source: str
    line: int | None
    development: bool


def is_followed(manifest: str) -> bool:
    """Whether a manifest holds what other packages need as well.

    It is long, and tells something only of what a shorter manifest asks for.
    """
    found = _kind_of(Path(manifest))
    return found is not None and found[0].copies and found[1].lock


def read(root: Path, changed: Mapping[str, bytes] | None = None) -> Dependencies:
    """The manifests in and above ``root``; they are read when they are asked for."""
    return Dependencies(root, changed)


class Dependencies:
    """Answers which version of a package holds at a file.

    Args:
        root: the scan root; paths are relative to it.
        changed: path -> what a file is taken to hold.
    """

    def __init__(self, root: Path, changed: Mapping[str, bytes] | None = None) -> None:
        self._changed = changed or {}
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - links must stay as they are
        self.diagnostics: list[Diagnostic] = []
        self._top = _top(self.root)
        self._directories: dict[tuple[str, Path], dict[str, list[_Entry]]] = {}
        self._pins: dict[tuple[str, str], Pin | None] = {}
        self._missing: dict[tuple[str, str], bool] = {}

    def version(self, library: Library, path: str) -> Pin | None:
        """What is known of a library's version at a file; None when no manifest names it."""
        if not library.package:
            return None
        key = (library.id, path.rpartition("/")[0])
        if key not in self._pins:
            self._pins[key] = self._nearest(library, path)
        return self._pins[key]

    def _nearest(self, library: Library, path: str) -> Pin | None:
        """What the manifests nearest to a file say, beginning with those beside it."""
        ecosystem = _ECOSYSTEMS[library.ecosystem]
        name = ecosystem.normalised(library.package)
        wanted: Pin | None = None
        for directory in self._upwards(path):
            entries = self._declared(ecosystem, directory).get(name)
            if not entries:
                continue
            pin = _preferred([self._pin(entry, library) for entry in entries], wanted)
            if pin.exact and (wanted is None or fits(wanted.specifier, pin.version)):
                return pin
            wanted = wanted or pin
        return wanted

    def is_missing(self, library: Library, path: str) -> bool:
        """Whether manifests hold for a file, and none of them names a library."""
        key = (library.id, path.rpartition("/")[0])
        if key not in self._missing:
            ecosystem = _ECOSYSTEMS[library.ecosystem]
            roots = (root.removeprefix(SCRIPT) for root in library.roots)
            names = {*map(ecosystem.normalised, (library.package, *roots))}
            declared = [self._declared(ecosystem, directory) for directory in self._upwards(path)]
            self._missing[key] = any(declared) and not any(
                names & found.keys() for found in declared
            )
        return self._missing[key]

    def package_present(self, name: str, path: str) -> bool:
        """Whether a manifest that holds for a Python file names a package."""
        python = pypi.ECOSYSTEM
        name = python.normalised(name)
        return any(name in self._declared(python, directory) for directory in self._upwards(path))

    def declared_of(self, packages: Iterable[str], path: str) -> str | None:
        """The one of several packages (of one import root) that is declared nearest to a file.

        None when none of them is, or when the nearest manifests name more than one.
        """
        python = pypi.ECOSYSTEM
        names = {python.normalised(package): package for package in packages}
        for directory in self._upwards(path):
            declared = self._declared(python, directory)
            found = [names[name] for name in names if name in declared]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def manifests(self, files: Iterable[str]) -> list[str]:
        """Those of some files that name packages, in order."""
        return sorted(
            path
            for path in files
            if path.lower().endswith(_ENDS) and _kind_of(Path(path)) is not None
        )

    def requirements(
        self, manifest: str, packages: Collection[tuple[str, str]] | None = None
    ) -> Iterator[Requirement]:
        """What one manifest says by itself, without the files that it includes.

        Args:
            manifest: its path.
            packages: ecosystem and name of those that are asked for; None for all.
        """
        path = self.root / manifest
        found = _kind_of(path)
        if found is None:
            return
        ecosystem, kind = found
        try:
            text = self._text(path, as_written=True)
            if packages is not None and not ecosystem.may_name(text, packages):
                return
            declared = list(kind.alone(text.replace("\r\n", "\n"), path))
        except BrokenManifestError:
            return  # said when a version is asked for
        source = Source(manifest, b"", text)
        for item in declared:
            name = ecosystem.normalised(item.name)
            if packages is not None and (ecosystem.name, name) not in packages:
                continue
            if item.line is not None and len(item.specifier) <= _MAX_SPECIFIER:
                yield Requirement(
                    ecosystem.name,
                    name,
                    item.specifier,
                    item.written or item.specifier,
                    Place(manifest, _content(source, item.line, item.name)),
                    kind.lock,
                    item.development,
                )

    def _text(self, path: Path, *, as_written: bool = False) -> str:
        if self._changed:
            data = self._changed.get(Path(os.path.relpath(path, self.root)).as_posix())
            if data is not None:
                return decoded(data, as_written=as_written)
        return text_of(path, self._top, as_written=as_written)

    def _upwards(self, path: str) -> Iterator[Path]:
        directory = Path(os.path.abspath(self.root / path)).parent  # noqa: PTH100
        while True:
            yield directory
            if directory in (self._top, directory.parent):
                return
            directory = directory.parent

    def _declared(self, ecosystem: Ecosystem, directory: Path) -> dict[str, list[_Entry]]:
        """Normalised package name -> what the directory's manifests say of it."""
        found = self._directories.get((ecosystem.name, directory))
        if found is None:
            found = self._directories[ecosystem.name, directory] = {}
            for path, kind in _manifests(directory, ecosystem):
                source = Path(os.path.relpath(path, self.root)).as_posix()
                try:
                    text = self._text(path)
                    for item in kind.read(text, path):
                        development = item.development or ecosystem.is_for_work(path)
                        entry = _Entry(item.specifier, source, item.line, development)
                        found.setdefault(ecosystem.normalised(item.name), []).append(entry)
                except BrokenManifestError as error:
                    self.diagnostics.append(Diagnostic(source, "manifest", str(error), error=False))
        return found

    def _pin(self, entry: _Entry, library: Library) -> Pin:
        version = exact_version(entry.specifier)
        if version is not None:
            return Pin(
                version, entry.specifier, entry.source, entry.line,
                exact=True, development=entry.development,
            )  # fmt: skip
        newest = next((v for v in _newest_first(library) if fits(entry.specifier, v)), None)
        named = [v for v in map(version_of, bounds(entry.specifier)) if fits(entry.specifier, v)]
        oldest = min((v for v in named if v is not None), default=None)
        return Pin(
            newest or oldest, entry.specifier, entry.source, entry.line,
            exact=False, oldest=oldest, development=entry.development,
        )  # fmt: skip


def _preferred(pins: Sequence[Pin], wanted: Pin | None) -> Pin:
    """What is told before what is chosen, and for users before what is for developers.

    Of several copies it is the one that was asked for.
    """
    ranges = (pin for pin in pins if not pin.exact and pin.specifier)
    asked = (wanted or next(ranges, pins[0])).specifier
    return min(
        pins,
        key=lambda pin: (
            not pin.exact, pin.development, not fits(asked, pin.version), pin.version is None,
        ),
    )  # fmt: skip


def _newest_first(library: Library) -> Iterator[Version]:
    from packaging.version import Version  # noqa: PLC0415

    return (Version(release) for release in reversed(library.releases))


def _top(root: Path) -> Path:
    """The highest directory whose manifests count: the repository's, else the current one."""
    for directory in (root, *root.parents):
        if (directory / ".git").exists() or (directory / ".hg").exists():
            return directory
    here = Path.cwd()
    return here if here in root.parents else root


# -- finding manifests ---------------------------------------------------------------------------


def _manifests(directory: Path, ecosystem: Ecosystem) -> Iterator[tuple[Path, Kind]]:
    """The manifests of a directory: locks first, ``requirements.txt`` before its variants."""
    found: list[tuple[bool, int, str, Path, Kind]] = []
    for folder in (directory, directory / "requirements"):
        try:
            names = [entry.name for entry in os.scandir(folder)]
        except OSError:
            continue
        for name in names:
            relative = name if folder is directory else f"requirements/{name}"
            for kind in ecosystem.kinds:
                if kind.pattern.fullmatch(relative):
                    found.append((not kind.lock, len(relative), relative, folder / name, kind))
                    break
    for *_, path, kind in sorted(found, key=lambda item: item[:3]):
        yield path, kind


def _kind_of(path: Path) -> tuple[Ecosystem, Kind] | None:
    names = (path.name, f"{path.parent.name}/{path.name}")
    return next(
        (
            (ecosystem, kind)
            for ecosystem in _ECOSYSTEMS.values()
            for kind in ecosystem.kinds
            if any(kind.pattern.fullmatch(name) for name in names)
        ),
        None,
    )


def _content(source: Source, line: int, name: str) -> Span:
    """A line without the blanks and the comment around what it says.

    Of many entries on one line it is the one of a name.
    """
    start, text = source.line_starts[line - 1], source.line(line)
    if text.count("{") > 1:
        entry = re.search(rf'"{re.escape(name)}"\s*:\s*(?:\{{[^{{}}]*\}})?', text)
        if entry is not None:
            return Span(start + entry.start(), start + entry.end())
    comment = re.search(r"(?:^|\s)#", text)
    said = text[: comment.start() if comment else None].rstrip(" \t\\,")
    return Span(start + len(said) - len(said.lstrip()), start + len(said))
