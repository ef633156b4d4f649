"""Which version of a library a project uses, as its manifests and lock files say.

Nothing is read before it is asked for: a directory's manifests are looked up when a version is
wanted for a file below it, going up from the file. The nearest directory that names the package
wins, a lock file before a pinned requirement before a range; a lock further up is still believed
where it fits the nearer range, as in a workspace with one lock.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import tomli

from jwtaudit.finding import Diagnostic
from jwtaudit.source import Place, Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from packaging.version import Version

    from jwtaudit.models import Library

_MAX_BYTES = 16 * 1024 * 1024
_MAX_INCLUDES = 8
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
    """

    version: Version | None
    specifier: str
    source: str
    line: int | None
    exact: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one manifest says of one package.

    Attributes:
        package: its name as PEP 503 compares it.
        specifier: in the form of PEP 440; empty when any version will do.
        place: where, in the manifest.
        lock: whether the manifest was made by a tool that resolved all versions.
    """

    package: str
    specifier: str
    place: Place
    lock: bool

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
            return _fits(affected, self.version)
        if not self.specifier:
            return False
        bounds = re.findall(r"\d+(?:\.\d+)*", self.specifier)
        versions = map(_version, (*known, *bounds, _ANY_LATER))
        return not any(_fits(self.specifier, v) and not _fits(affected, v) for v in versions if v)


class _Declared(NamedTuple):
    name: str
    specifier: str
    line: int | None


class _Entry(NamedTuple):
    specifier: str
    source: str
    line: int | None
    lock: bool


class _BrokenError(Exception):
    """A manifest cannot be read; the message says why."""


def read(root: Path) -> Dependencies:
    """The manifests in and above ``root``; they are read when they are asked for."""
    return Dependencies(root)


class Dependencies:
    """Answers which version of a package holds at a file.

    Args:
        root: the scan root; paths are relative to it.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - links must stay as they are
        self.diagnostics: list[Diagnostic] = []
        self._top = _top(self.root)
        self._directories: dict[Path, dict[str, list[_Entry]]] = {}

    def version(self, library: Library, path: str) -> Pin | None:
        """What is known of a library's version at a file; None when no manifest names it."""
        if not library.package:
            return None
        name = normalised(library.package)
        wanted: Pin | None = None
        for directory in self._upwards(path):
            entries = self._declared(directory).get(name)
            if not entries:
                continue
            pin = min((self._pin(entry, library) for entry in entries), key=_preference)
            if pin.exact and (wanted is None or _fits(wanted.specifier, pin.version)):
                return pin
            wanted = wanted or pin
        return wanted

    def package_present(self, name: str, path: str) -> bool:
        """Whether a manifest that holds for a file names a package."""
        name = normalised(name)
        return any(name in self._declared(directory) for directory in self._upwards(path))

    def declared_of(self, packages: Iterable[str], path: str) -> str | None:
        """The one of several packages (of one import root) that is declared nearest to a file.

        None when none of them is, or when the nearest manifests name more than one.
        """
        names = {normalised(package): package for package in packages}
        for directory in self._upwards(path):
            found = [names[name] for name in names if name in self._declared(directory)]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def manifests(self, files: Iterable[str]) -> list[str]:
        """Those of some files that name packages, in order."""
        return sorted(
            path
            for path in files
            if path.lower().endswith(_MANIFEST_ENDS) and _kind_of(Path(path)) is not None
        )

    def requirements(self, manifest: str) -> Iterator[Requirement]:
        """What one manifest says by itself, without the files that it includes."""
        path = self.root / manifest
        kind = _kind_of(path)
        if kind is None:
            return
        try:
            text = _text(path, self._top, as_written=True)
            plain = text.replace("\r\n", "\n")
            alone = _requirements_alone if kind.read is _requirements else kind.read
            declared = list(alone(plain, path))
        except _BrokenError:
            return  # said when a version is asked for
        source = Source(manifest, b"", text)
        for name, specifier, line in declared:
            if line is not None and len(specifier) <= _MAX_SPECIFIER:
                place = Place(manifest, _content(source, line))
                yield Requirement(normalised(name), specifier, place, kind.lock)

    def _upwards(self, path: str) -> Iterator[Path]:
        directory = Path(os.path.abspath(self.root / path)).parent  # noqa: PTH100
        while True:
            yield directory
            if directory in (self._top, directory.parent):
                return
            directory = directory.parent

    def _declared(self, directory: Path) -> dict[str, list[_Entry]]:
        """Normalised package name -> what the directory's manifests say of it."""
        found = self._directories.get(directory)
        if found is None:
            found = self._directories[directory] = {}
            for path, kind in _manifests(directory):
                source = Path(os.path.relpath(path, self.root)).as_posix()
                try:
                    text = _text(path, self._top)
                    for name, specifier, line in kind.read(text, path):
                        entry = _Entry(specifier, source, line, kind.lock)
                        found.setdefault(normalised(name), []).append(entry)
                except _BrokenError as error:
                    self.diagnostics.append(Diagnostic(source, "manifest", str(error), error=False))
        return found

    def _pin(self, entry: _Entry, library: Library) -> Pin:
        version = exact_version(entry.specifier)
        if version is not None:
            return Pin(version, entry.specifier, entry.source, entry.line, exact=True)
        newest = next((v for v in _newest_first(library) if _fits(entry.specifier, v)), None)
        return Pin(newest, entry.specifier, entry.source, entry.line, exact=False)


def _preference(pin: Pin) -> tuple[bool, bool]:
    return (not pin.exact, pin.version is None)


def normalised(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def exact_version(specifier: str) -> Version | None:
    """The version that a specifier admits, where it is a single one."""
    match = re.fullmatch(r"\s*={2,3}\s*([^\s,*]+)\s*", specifier)
    return _version(match[1]) if match else None


def _version(text: str) -> Version | None:
    from packaging.version import Version  # noqa: PLC0415

    try:
        return Version(text)
    except ValueError:  # no version, or a number with thousands of digits
        return None


def _fits(specifier: str, version: Version | None) -> bool:
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415

    if version is None:
        return False
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except ValueError:
        return False


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


# -- finding and reading files -------------------------------------------------------------------


class _Kind(NamedTuple):
    pattern: re.Pattern[str]
    lock: bool
    read: Callable[[str, Path], Iterable[_Declared]]


def _manifests(directory: Path) -> Iterator[tuple[Path, _Kind]]:
    """The manifests of a directory: locks first, ``requirements.txt`` before its variants."""
    found: list[tuple[bool, int, str, Path, _Kind]] = []
    for folder in (directory, directory / "requirements"):
        try:
            names = [entry.name for entry in os.scandir(folder)]
        except OSError:
            continue
        for name in names:
            relative = name if folder is directory else f"requirements/{name}"
            for kind in _KINDS:
                if kind.pattern.fullmatch(relative):
                    found.append((not kind.lock, len(relative), relative, folder / name, kind))
                    break
    for *_, path, kind in sorted(found, key=lambda item: item[:3]):
        yield path, kind


def _kind_of(path: Path) -> _Kind | None:
    names = (path.name, f"{path.parent.name}/{path.name}")
    return next((k for k in _KINDS if any(k.pattern.fullmatch(name) for name in names)), None)


def _content(source: Source, line: int) -> Span:
    """A line without the blanks and the comment around what it says."""
    start, text = source.line_starts[line - 1], source.line(line)
    comment = re.search(r"(?:^|\s)#", text)
    said = text[: comment.start() if comment else None].rstrip(" \t\\,")
    return Span(start + len(said) - len(said.lstrip()), start + len(said))


def _text(path: Path, top: Path, *, as_written: bool = False) -> str:
    """A manifest's text; a link must not lead out of the project."""
    try:
        real = path.resolve(strict=True)
        if path.is_symlink() and not real.is_relative_to(top.resolve()):
            raise _BrokenError("not read: it is a link that leads out of the project")
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _BrokenError("not read: it is no regular file")
        if status.st_size > _MAX_BYTES:
            raise _BrokenError(f"not read: it is larger than {_MAX_BYTES >> 20} MiB")
        data = real.read_bytes()
        # PowerShell's `pip freeze > requirements.txt` writes UTF-16, which pip reads.
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if wide else "utf-8-sig")
        return text if as_written else text.replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _BrokenError("not read: it is neither UTF-8 nor UTF-16") from None
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be resolved"
        raise _BrokenError(f"not read: {reason}") from None


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError also for huge numbers
        raise _BrokenError(f"not valid TOML: {error or 'nested too deeply'}") from None


# -- requirement lines ---------------------------------------------------------------------------

_REQUIREMENT = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*
        (?:\[[^\[\]]*\])?\s*
        (?P<specifier>\(?[^;@#]*)
        (?P<url>@)?""",
    re.VERBOSE,
)
_OPERATOR = re.compile(r"\s*(?:[<>=!~]=?=?|\Z)")


def _requirement(text: str, line: int | None) -> _Declared | None:
    match = _REQUIREMENT.match(text)
    if match is None:
        return None
    if match["url"]:
        return _Declared(match["name"], "", line)
    specifier = re.split(r"\s--?[a-z]", match["specifier"])[0].strip().strip("()").strip()
    return _Declared(match["name"], specifier, line) if _OPERATOR.match(specifier) else None


def _requirements(text: str, path: Path, depth: int = 0) -> Iterator[_Declared]:
    """``requirements.txt`` with the files that it includes from its own directory and below."""
    joined = re.sub(r"\\\n", "  ", text)  # keeps offsets; a continued line counts as its first
    starts = {offset: number for number, offset in enumerate(_line_offsets(text), 1)}
    offset = 0
    for line in joined.split("\n"):
        number = starts.get(offset)
        offset += len(line) + 1
        content = re.sub(r"(^|\s)#.*", "", line).strip()
        include = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", content)
        if include is not None:
            target = path.parent / include[1]
            if depth < _MAX_INCLUDES and ".." not in PurePath(include[1]).parts:
                try:
                    # Lines of another file would be wrong here.
                    inner = _requirements(_text(target, path.parent), target, depth + 1)
                    yield from (declared._replace(line=number) for declared in inner)
                except _BrokenError:
                    continue  # pip would say so; a missing include is no news here
        elif content and not content.startswith("-"):
            declared = _requirement(content, number)
            if declared is not None:
                yield declared


def _requirements_alone(text: str, path: Path) -> Iterator[_Declared]:
    return _requirements(text, path, _MAX_INCLUDES)


def _line_offsets(text: str) -> Iterator[int]:
    yield 0
    for match in re.finditer("\n", text):
        yield match.end()


def _setup_py(text: str, path: Path) -> Iterator[_Declared]:
    """The string literals of ``setup.py`` that are requirements with a version."""
    pattern = r"""["']([A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?\s*[(<>=!~][^"'\n]*)["']"""
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(pattern, line):
            declared = _requirement(match[1], number)
            if declared is not None and declared.specifier:
                yield declared


def _setup_cfg(text: str, path: Path) -> Iterator[_Declared]:
    import configparser  # noqa: PLC0415

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise _BrokenError(f"not valid: {str(error).splitlines()[0]}") from None
    lines = _lines(text)
    lists = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        lists.extend(parser["options.extras_require"].values())
    for content in lists:
        for declared in _requirements(content, path, _MAX_INCLUDES):
            yield declared._replace(line=lines.get(normalised(declared.name)))


# -- TOML manifests ------------------------------------------------------------------------------


def _pyproject(text: str, path: Path) -> Iterator[_Declared]:
    document, lines = _toml(text), _lines(text)
    project = _table(document, "project")
    tool = _table(document, "tool")
    groups: list[Any] = [project.get("dependencies")]
    groups.extend(_table(project, "optional-dependencies").values())
    groups.extend(_table(document, "dependency-groups").values())
    groups.append(_table(tool, "uv").get("dev-dependencies"))
    groups.extend(_table(tool, "pdm", "dev-dependencies").values())
    for group in groups:
        for item in group if isinstance(group, list) else ():
            declared = _requirement(item, None) if isinstance(item, str) else None
            if declared is not None:
                yield declared._replace(line=lines.get(normalised(declared.name)))
    poetry = _table(tool, "poetry")
    tables = [_table(poetry, "dependencies"), _table(poetry, "dev-dependencies")]
    tables += [_table(poetry, "group", g, "dependencies") for g in _table(poetry, "group")]
    for table in tables:
        for name, value in table.items():
            yield _Declared(
                name, poetry_specifier(_version_text(value)), lines.get(normalised(name))
            )


def _pipfile(text: str, path: Path) -> Iterator[_Declared]:
    document, lines = _toml(text), _lines(text)
    for section in ("packages", "dev-packages"):
        for name, value in _table(document, section).items():
            specifier = _version_text(value)
            line = lines.get(normalised(name))
            yield _Declared(name, "" if specifier == "*" else specifier, line)


def _table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    current: Any = document
    for key in keys:
        current = current.get(key) if isinstance(current, dict) else None
    return current if isinstance(current, dict) else {}


def _version_text(value: Any) -> str:
    """The version in a Poetry or Pipenv entry: text, a table, or a list of tables."""
    if isinstance(value, list):
        value = value[-1] if value else ""
    if isinstance(value, dict):
        value = value.get("version", "")
    return value if isinstance(value, str) else ""


def poetry_specifier(text: str) -> str:
    """A Poetry constraint as PEP 440: ``^2.4`` is ``>=2.4,<3``, a bare version is exact."""
    parts = []
    for part in re.split(r"\|\|?", text)[-1].split(","):
        part = part.strip()  # noqa: PLW2901
        numbers = re.match(r"[\^~]\s*(\d{1,9}(?:\.\d{1,9})*)", part)
        if part.startswith(("~=", "=", "<", ">", "!")):
            parts.append("=" + part if re.match(r"=[^=]", part) else part)
        elif numbers is not None:
            parts.append(_bounds(part[0], numbers[1]))
        elif re.match(r"\d", part):
            parts.append("==" + part)
    return ",".join(parts)


def _bounds(sign: str, version: str) -> str:
    numbers = [int(n) for n in version.split(".")]
    if sign == "~":
        kept = min(2, len(numbers))
    else:
        kept = next((i + 1 for i, n in enumerate(numbers) if n), len(numbers))
    upper = [*numbers[: kept - 1], numbers[kept - 1] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def _lines(text: str) -> dict[str, int]:
    """Normalised word -> the first line, comments left out, that has it."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#"):
            for word in re.findall(r"[A-Za-z0-9][\w.-]*", line):
                found.setdefault(normalised(word), number)
    return found


# -- lock files ----------------------------------------------------------------------------------

_KEY = re.compile(r"""(name|version)\s*=\s*["']([^"']*)["']""")


def _lock(text: str, path: Path) -> Iterator[_Declared]:
    """uv, Poetry, PDM and PEP 751: ``name`` and ``version`` at the head of a package's table.

    Read line by line: the files are long, made by machines, and wanted for two keys alone.
    """
    name: str | None = None
    line = 0
    inside = False
    for number, content in enumerate(text.split("\n"), 1):
        if content.startswith("["):
            inside = content.rstrip() in ("[[package]]", "[[packages]]")
            name = None
        elif inside and content.startswith(("name", "version")):
            match = _KEY.match(content)
            if match is None:
                continue
            if match[1] == "name":
                name, line = match[2], number
            elif name is not None:
                yield _Declared(name, "==" + match[2], line)


def _pipfile_lock(text: str, path: Path) -> Iterator[_Declared]:
    import json  # noqa: PLC0415

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _BrokenError(f"not valid JSON: {error}") from None
    lines = _lines(text)
    for section in ("default", "develop"):
        for name, value in _table({"": document}, "", section).items():
            specifier = _version_text(value)
            if specifier:
                yield _Declared(name, specifier, lines.get(normalised(name)))


def _kind(pattern: str, reader: Callable[[str, Path], Iterable[_Declared]], *, lock: bool) -> _Kind:
    return _Kind(re.compile(pattern, re.IGNORECASE), lock, reader)


_MANIFEST_ENDS = (".txt", ".in", ".lock", ".toml", "pipfile", "setup.py", "setup.cfg")
_KINDS = (
    _kind(r"(?:uv|poetry|pdm)\.lock|pylock(?:\.[\w-]+)?\.toml", _lock, lock=True),
    _kind(r"pipfile\.lock", _pipfile_lock, lock=True),
    _kind(r"pyproject\.toml", _pyproject, lock=False),
    _kind(r"pipfile", _pipfile, lock=False),
    _kind(
        r"(?:[\w.-]+[-_.])?(?:requirements|constraints)(?:[-_.][\w.-]+)?\.(?:txt|in)"
        r"|requirements/[\w.-]+\.(?:txt|in)",
        _requirements,
        lock=False,
    ),
    _kind(r"setup\.py", _setup_py, lock=False),
    _kind(r"setup\.cfg", _setup_cfg, lock=False),
)
