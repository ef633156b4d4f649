"""Configuration: one file, the one nearest to what is scanned.

``[tool.jwtaudit]`` in ``pyproject.toml``, or the same keys at the top of ``jwtaudit.toml``.
Defaults < file < command line. An unknown key or a bad value is an error that says where; the
file's own text is never repeated, for it may hold anything.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jwtaudit import discovery
from jwtaudit.discovery import Filters, Glob
from jwtaudit.engine import Limits, Options
from jwtaudit.finding import Confidence, Severity
from jwtaudit.program.options import RuleOptions
from jwtaudit.redact import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

OWN_FILE = "jwtaudit.toml"
PROJECT_FILE = "pyproject.toml"
WEAKENING = frozenset(
    {
        "select", "ignore", "per-file-ignores", "fail-on", "min-severity", "min-confidence",
        "exclude", "extend-exclude", "max-file-size", "lifetimes",
    }
)  # fmt: skip
"""The keys by which a project makes its own scan see less."""

_MAX_SIZE = 1024 * 1024


class ConfigError(ValueError):
    """The configuration is wrong; the message is one line that names file and key."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a project or a command line may set.

    Attributes:
        file: the file it was read from; None when there is none.
        given: the keys that the file sets, for whoever wants to know what it weakens.
        fail_on: findings below this severity leave the exit code at 0.
    """

    file: Path | None = None
    given: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[Glob, tuple[str, ...]], ...] = ()
    fail_on: Severity = Severity.INFO
    min_severity: Severity | None = None
    min_confidence: Confidence = Confidence.LOW
    exclude: tuple[Glob, ...] = Filters().exclude
    extend_exclude: tuple[Glob, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    include_docs: bool = False
    output_format: str = "text"
    jobs: int = 0
    max_file_size: int = discovery.MAX_FILE_SIZE
    max_access_lifetime: int = RuleOptions().max_access_lifetime
    max_refresh_lifetime: int = RuleOptions().max_refresh_lifetime
    sensitive_claims: tuple[str, ...] = ()
    secret_settings: tuple[str, ...] = ()
    library_models: tuple[Path, ...] = ()

    def options(
        self,
        paths: Sequence[str] = (".",),
        *,
        stdin: tuple[str, bytes] | None = None,
        limits: Limits | None = None,
        show_secrets: bool = False,
    ) -> Options:
        """What the engine has to know of it."""
        return Options(
            paths=tuple(paths),
            stdin=stdin,
            select=self.select,
            extend_select=self.extend_select,
            ignore=self.ignore,
            per_file_ignores=self.per_file_ignores,
            min_severity=self.min_severity or Severity.INFO,
            min_confidence=self.min_confidence,
            filters=Filters(
                exclude=(*self.exclude, *self.extend_exclude),
                force_exclude=self.force_exclude,
                respect_gitignore=self.respect_gitignore,
                max_size=self.max_file_size,
            ),
            rules=RuleOptions(
                max_access_lifetime=self.max_access_lifetime,
                max_refresh_lifetime=self.max_refresh_lifetime,
                sensitive_claims=self.sensitive_claims,
                secret_settings=self.secret_settings,
            ),
            library_models=self.library_models,
            jobs=self.jobs,
            limits=limits or Limits(),
            show_secrets=show_secrets,
            include_docs=self.include_docs,
        )


# -- finding the file ----------------------------------------------------------------------------


def find(start: Path) -> Path | None:
    """The configuration file nearest to a path: beside it or above, up to the repository's root.

    A ``pyproject.toml`` without our table does not count. The search ends at the repository's
    root or at the home directory.
    """
    directory = start if start.is_dir() else start.parent
    home = _home()
    for at in (directory, *directory.parents):
        for name in (OWN_FILE, PROJECT_FILE):
            file = at / name
            if file.is_file() and (name == OWN_FILE or _has_table(file)):
                return file
        if at == home or (at / ".git").exists():
            return None
    return None


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _has_table(file: Path) -> bool:
    # A look at the text saves a parse, and a broken file of another tool is not our business.
    return re.search(rb"(?m)^\s*\[\s*tool\s*\.\s*[\"']?jwtaudit\b", _read(file)) is not None or (
        b"jwtaudit" in _read(file) and "jwtaudit" in _table_of(_parse(file), "tool")
    )


def _table_of(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = document.get(key, {})
    return table if isinstance(table, dict) else {}


def _read(file: Path) -> bytes:
    try:
        return discovery.read(str(file), _MAX_SIZE)
    except OSError as error:
        raise ConfigError(f"{shown(file)}: cannot be read: {error.strerror}") from None


def _parse(file: Path) -> Mapping[str, Any]:
    import tomli  # noqa: PLC0415

    try:
        return tomli.loads(_read(file).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(f"{shown(file)}: not UTF-8 text") from None
    except tomli.TOMLDecodeError as error:
        where = f" (line {error.lineno})" if getattr(error, "lineno", None) else ""
        raise ConfigError(f"{shown(file)}: not valid TOML{where}") from None
    except RecursionError:
        raise ConfigError(f"{shown(file)}: not valid TOML (nested too deeply)") from None


def shown(file: Path) -> str:
    """A file's name as it may be printed."""
    try:
        return printable(os.path.relpath(file))
    except ValueError:  # another drive
        return printable(str(file))


# -- reading it ----------------------------------------------------------------------------------


def load(file: Path) -> Settings:
    """The settings of a file.

    Raises:
        ConfigError: the file cannot be read, or says something unknown.
    """
    document = _parse(file)
    if file.name == PROJECT_FILE:
        prefix, table = "tool.jwtaudit.", _table_of(document, "tool").get("jwtaudit", {})
    else:
        prefix, table = "", document
    return _Reader(file, prefix).settings(table)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file's table; ``prefix`` is how its keys are called in messages."""

    file: Path
    prefix: str

    def settings(self, table: Any) -> Settings:
        if not isinstance(table, dict):
            raise ConfigError(f"{shown(self.file)}: {self.prefix.rstrip('.')} must be a table")
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key == "lifetimes":
                values.update(self._lifetimes(value))
                continue
            read = _KEYS.get(key)
            if read is None:
                self._unknown("", key, [*_KEYS, "lifetimes"])
            else:
                values[key.replace("-", "_")] = self._value(key, value, read)
        return Settings(file=self.file, given=tuple(sorted(table)), **values)

    def _lifetimes(self, table: Any) -> dict[str, int]:
        if not isinstance(table, dict):
            self._bad("lifetimes", "a table with the keys access and refresh")
        values = {}
        for key, value in table.items():
            if key not in {"access", "refresh"}:
                self._unknown("lifetimes.", key, ["access", "refresh"])
            values[f"max_{key}_lifetime"] = self._value(f"lifetimes.{key}", value, _duration)
        return values

    def _value(self, key: str, value: Any, read: _Read) -> Any:
        try:
            return read(value, self.file.parent)
        except _WantedError as error:
            self._bad(key, str(error))

    def _bad(self, key: str, wanted: str) -> Any:
        raise ConfigError(f"{self._at(key)}: {self.prefix}{key} must be {wanted}")

    def _unknown(self, prefix: str, key: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(key, names, 1) or difflib.get_close_matches(
            key.lower().replace("_", "-"), names, 1, 0.0
        )
        hint = f"; did you mean {near[0]!r}?" if near else ""
        shown = printable(key[:40])
        raise ConfigError(
            f"{self._at(prefix + key)}: unknown key {self.prefix}{prefix}{shown}{hint}"
        )

    def _at(self, key: str) -> str:
        """The file, and the line of a key where that is easily told."""
        name = re.escape(key.rpartition(".")[2]).encode()
        hits = list(re.finditer(rb"(?m)^[ \t]*[\"']?" + name + rb"[\"']?[ \t]*=", _read(self.file)))
        if len(hits) != 1:
            return shown(self.file)
        line = hits[0].string.count(b"\n", 0, hits[0].start()) + 1
        return f"{shown(self.file)}:{line}"


# -- values --------------------------------------------------------------------------------------


class _WantedError(Exception):
    """A value is not what it must be; the message says what that is."""


if TYPE_CHECKING:
    _Read = Callable[[Any, Path], Any]


def _words(value: Any, base: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _WantedError("a list of texts")
    return tuple(value)


def _globs(value: Any, base: Path) -> tuple[Glob, ...]:
    return tuple(Glob(str(base.absolute()), pattern) for pattern in _words(value, base))


def _ignores(value: Any, base: Path) -> tuple[tuple[Glob, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise _WantedError('a table of patterns and lists of rules, as in "tests/**" = ["JWT201"]')
    return tuple(
        (_globs([pattern], base)[0], _words(rules, base)) for pattern, rules in value.items()
    )


def _yes_or_no(value: Any, base: Path) -> bool:
    if not isinstance(value, bool):
        raise _WantedError("true or false")
    return value


def _count(value: Any, base: Path) -> int:
    if type(value) is not int or value < 1:
        raise _WantedError("a whole number from 1")
    return value


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"(\d{1,9})\s*([smhdw])")


def _duration(value: Any, base: Path) -> int:
    if type(value) is int and value > 0:
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        raise _WantedError('seconds, or a number and a unit as in "15m", "24h", "7d"')
    return int(match[1]) * _UNITS[match[2]]


_SIZE = re.compile(r"(\d{1,6})\s*([KMG])i?B?", re.IGNORECASE)


def _size(value: Any, base: Path) -> int:
    if type(value) is int and value > 0:
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        raise _WantedError('a number of bytes, or one with a unit as in "2MB"')
    return int(match[1]) << 10 * ("KMG".index(match[2].upper()) + 1)


def _level(kind: type[Severity | Confidence]) -> _Read:
    labels = [level.label for level in kind]

    def read(value: Any, base: Path) -> Any:
        if value not in labels:
            raise _WantedError(f"one of {', '.join(labels)}")
        return kind[value.upper()]

    return read


def _word(value: Any, base: Path) -> str:
    if not isinstance(value, str) or not value.isidentifier():
        raise _WantedError("a word")
    return value


def _models(value: Any, base: Path) -> tuple[Path, ...]:
    files = []
    root = base.resolve()
    for name in _words(value, base):
        file = (root / name).resolve()
        if not file.is_relative_to(root):
            raise _WantedError("a list of files below the configuration file's directory")
        if not file.is_file():
            raise _WantedError("a list of files that exist")
        files.append(file)
    return tuple(files)


_KEYS: dict[str, _Read] = {
    "select": _words,
    "extend-select": _words,
    "ignore": _words,
    "per-file-ignores": _ignores,
    "fail-on": _level(Severity),
    "min-severity": _level(Severity),
    "min-confidence": _level(Confidence),
    "exclude": _globs,
    "extend-exclude": _globs,
    "force-exclude": _yes_or_no,
    "respect-gitignore": _yes_or_no,
    "include-docs": _yes_or_no,
    "output-format": _word,
    "jobs": _count,
    "max-file-size": _size,
    "sensitive-claims": _words,
    "secret-settings": _words,
    "library-models": _models,
}
