"""Discovery: which files are looked at, and which of them can matter at all.

The walk names every file it passes over, by reason; nothing is lost silently. Only regular
files are opened. A file's bytes decide, without a parser, whether it can matter.

Paths are strings here: with pathlib the walk of a large tree takes six times as long.
"""

from __future__ import annotations

import codecs
import functools
import os
import posixpath
import re
import stat
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.finding import Diagnostic
from jwtaudit.tracked import Tracked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

DEFAULT_EXCLUDE = (
    ".angular", ".bzr", ".cache", ".direnv", ".eggs", ".expo", ".git", ".git-rewrite", ".hg",
    ".ipynb_checkpoints", ".mypy_cache", ".next", ".nox", ".nuxt", ".output", ".pants.d",
    ".parcel-cache", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".serverless",
    ".svelte-kit", ".svn", ".tox", ".turbo", ".venv", ".vercel", ".yarn", "__pycache__",
    "__pypackages__", "_build", "bower_components", "buck-out", "build", "dist", "jspm_packages",
    "node_modules", "site-packages", "storybook-static", "venv",
)  # fmt: skip

MAX_FILE_SIZE = 2 * 1024 * 1024

EXCLUDED = "excluded"
IGNORED = "ignored by git"
LINK = "symbolic link"
OUTWARD = "link out of the tree"
SPECIAL = "not a regular file"
BINARY = "binary"
UNKNOWN_TYPE = "unknown file type"
GENERATED = "minified or generated"


# -- patterns ------------------------------------------------------------------------------------


class Glob(NamedTuple):
    """A path pattern and the directory that it is relative to.

    A pattern without a slash is compared with the name of a file or directory anywhere; one with
    a slash with the whole path. What matches a directory holds for everything in it.
    """

    base: str
    pattern: str


class Globs:
    """Patterns over absolute paths with forward slashes: a set of names, a regular expression."""

    def __init__(self, globs: Iterable[Glob]) -> None:
        globs = tuple(globs)
        self._names = {glob.pattern for glob in globs if _PLAIN_NAME.fullmatch(glob.pattern)}
        others = [_expression(glob) for glob in globs if glob.pattern not in self._names]
        self._regex = re.compile("|".join(others)) if others else None

    def match(self, path: str) -> bool:
        """Whether a pattern names this file or directory itself."""
        if path[path.rfind("/") + 1 :] in self._names:
            return True
        return self._regex is not None and self._regex.fullmatch(path) is not None

    def cover(self, path: str) -> bool:
        """Whether a pattern names this file or a directory above it."""
        if self._regex is None and not self._names:
            return False
        return any(self.match(str(part)) for part in (path, *PurePosixPath(path).parents))


_PLAIN_NAME = re.compile(r"[\w.-]+")


def _expression(glob: Glob) -> str:
    pattern = glob.pattern.replace(os.sep, "/").rstrip("/") or "/"
    if "/" not in pattern:
        return "(?:.*/)?" + _translate(pattern)
    base = "" if pattern.startswith("/") else re.escape(_slashed(glob.base).rstrip("/")) + "/"
    return base + _translate(posixpath.normpath(pattern))


def _translate(pattern: str) -> str:
    parts = []
    for part in re.findall(r"/\*\*$|\*\*/?|\*|\?|\[!?\]?[^\]]*\]|.", pattern, re.DOTALL):
        if part == "/**":
            parts.append("/.*")
        elif part.startswith("**"):
            parts.append("(?:.*/)?" if part.endswith("/") else ".*")
        elif part == "*":
            parts.append("[^/]*")
        elif part == "?":
            parts.append("[^/]")
        elif len(part) > 1:
            negated = part[1] == "!"
            body = re.escape(part[1 + negated : -1]).replace(r"\-", "-")
            parts.append(f"[{'^' if negated else ''}{body}]")
        else:
            parts.append(re.escape(part))
    return "(?s:" + "".join(parts) + ")"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the walk leaves out."""

    exclude: tuple[Glob, ...] = tuple(Glob("/", name) for name in DEFAULT_EXCLUDE)
    force_exclude: bool = False
    respect_gitignore: bool = True
    max_size: int = MAX_FILE_SIZE


# -- ignore files --------------------------------------------------------------------------------


class _Ignore(NamedTuple):
    """The ignore files that hold in a directory: the nearest decides first."""

    directory: str
    spec: GitIgnoreSpec
    above: _Ignore | None


def _ignore(directory: str, file: str, above: _Ignore | None) -> _Ignore | None:
    try:
        data = read(file)
    except OSError:
        return above
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 50 ms, and many trees have no such file

    # git reads lines; a pattern that git would not understand must not end the run.
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except ValueError:
        spec = GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))
    return _Ignore(directory, spec, above)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _ignored(path: str, ignore: _Ignore | None) -> bool:
    """Whether the nearest ignore file that says anything about a path says that it is ignored."""
    while ignore is not None:
        relative = path[len(ignore.directory.rstrip("/")) + 1 :]
        include = ignore.spec.check_file(relative).include
        if include is not None:
            return include
        ignore = ignore.above
    return False


def _ignores_above(directory: str) -> tuple[_Ignore | None, str]:
    """The ignore files from the repository's root down to, but without, a directory; the root.

    Outside of a repository there is no root, and ignore files are files like any other: who
    unpacked an archive was given everything that is in it.
    """
    chain = []
    at = directory
    while not os.path.lexists(posixpath.join(at, ".git")):
        parent = posixpath.dirname(at)
        if parent == at:
            return None, ""
        chain.append(parent)
        at = parent
    ignore = _ignore(at, posixpath.join(at, ".git/info/exclude"), None)
    for above in reversed(chain):
        ignore = _ignore(above, posixpath.join(above, ".gitignore"), ignore)
    # Whoever names an ignored directory wants it looked at.
    return (None if chain and _ignored(directory + "/", ignore) else ignore), at


# -- the walk ------------------------------------------------------------------------------------


class NoSuchPathError(Exception):
    """A path that the user names does not exist."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(slots=True)
class Tree:
    """What the walk found.

    Attributes:
        root: the absolute directory that all paths are relative to.
        files: relative path -> the path to open, for every file of a known type, sorted.
        others: relative paths of all other files.
        skipped: reason -> how many files and directories were passed over.
    """

    root: str
    files: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def root_of(paths: Sequence[str], directory: str) -> str:
    """The common directory of the paths: ``directory`` itself when all lie below it.

    Raises:
        NoSuchPathError: a path does not exist.
    """
    absolute = [_absolute(path, directory) for path in paths]
    for path, given in zip(absolute, paths, strict=True):
        if not os.path.exists(path):
            raise NoSuchPathError(given)
    base = _slashed(directory)
    if all(_below(path, base) for path in absolute):
        return base
    directories = [p if os.path.isdir(p) else posixpath.dirname(p) for p in absolute]
    try:
        return posixpath.commonpath(directories)
    except ValueError:  # different drives
        return "/"


def walk(
    paths: Sequence[str],
    directory: str,
    wanted: Callable[[str], bool],
    filters: Filters,
) -> Tree:
    """Find the files below some paths.

    Args:
        paths: files and directories, as given by the user.
        directory: where relative paths start.
        wanted: whether there is a front end for a file of that name.
        filters: what to leave out.

    Raises:
        NoSuchPathError: a path does not exist.
    """
    return _Walk(root_of(paths, directory), wanted, filters).run(
        [_absolute(path, directory) for path in paths]
    )


class _Walk:
    def __init__(self, root: str, wanted: Callable[[str], bool], filters: Filters) -> None:
        self.tree = Tree(root)
        self.filters = filters
        self.globs = Globs(filters.exclude)
        self.prefix = len(root.rstrip("/")) + 1
        self.links: list[str] = []
        self.seen: set[str] = set()
        self.tracked: dict[str, Tracked] = {}
        self.wanted = wanted

    def run(self, paths: Sequence[str]) -> Tree:
        for path in paths:
            if self.filters.force_exclude and self._excluded_above(path):
                self.tree.skipped[EXCLUDED] += 1
            elif os.path.isdir(path):
                self._directories(path)
            else:
                self._named(path)
        self._follow_links()
        self.tree.files = dict(sorted(self.tree.files.items()))
        self.tree.others.sort()
        return self.tree

    def _excluded_above(self, path: str) -> bool:
        """Whether a path, or a directory between it and the root, is excluded."""
        while len(path) >= self.prefix:
            if self.globs.match(path):
                return True
            path = posixpath.dirname(path)
        return False

    def _named(self, path: str) -> None:
        if not self.wanted(path):
            self.tree.skipped[UNKNOWN_TYPE] += 1
        elif os.path.isfile(path):
            self._add(path)
        else:
            self.tree.skipped[SPECIAL] += 1

    def _add(self, path: str) -> None:
        self.tree.files[path[self.prefix :]] = path

    def _directories(self, top: str) -> None:
        respect = self.filters.respect_gitignore
        pending = [(top, *(_ignores_above(top) if respect else (None, "")))]
        while pending:
            path, ignore, repository = pending.pop()
            if path in self.seen:
                continue
            self.seen.add(path)
            try:
                with os.scandir(path) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._unreadable(path, error)
                continue
            names = {entry.name for entry in found}
            if path != top and "pyvenv.cfg" in names:  # a virtual environment of any name
                self.tree.skipped[EXCLUDED] += 1
                continue
            if respect:
                if ".git" in names:  # a repository of its own starts here
                    ignore = _ignore(path, posixpath.join(path, ".git/info/exclude"), None)
                    repository = path
                if repository and ".gitignore" in names:
                    ignore = _ignore(path, posixpath.join(path, ".gitignore"), ignore)
            inner = self._entries(path, found, ignore, repository)
            pending.extend((child, ignore, repository) for child in inner)

    def _entries(
        self,
        directory: str,
        entries: Iterable[os.DirEntry[str]],
        ignore: _Ignore | None,
        repository: str,
    ) -> Iterator[str]:
        """Take the files of a directory; the directories in it are returned, to be walked."""
        skipped = self.tree.skipped
        prefix = directory.rstrip("/") + "/"
        for entry in entries:
            path = prefix + entry.name
            is_directory = entry.is_dir(follow_symlinks=False)
            is_link = not is_directory and entry.is_symlink()
            if not is_directory and not is_link and not self.wanted(path):
                self.tree.others.append(path[self.prefix :])
            elif self.globs.match(path):
                skipped[EXCLUDED] += 1
            elif ignore and self._left_out(
                path + "/" if is_directory else path, ignore, repository
            ):
                skipped[IGNORED] += 1
            elif is_directory:
                yield path
            elif is_link:
                self.links.append(path)
            elif entry.is_file(follow_symlinks=False):
                self._add(path)
            else:
                skipped[SPECIAL] += 1

    def _left_out(self, path: str, ignore: _Ignore, repository: str) -> bool:
        if not _ignored(path, ignore):
            return False
        if repository not in self.tracked:
            self.tracked[repository] = Tracked(repository)
        return not self.tracked[repository].holds(path[len(repository.rstrip("/")) + 1 :])

    def _follow_links(self) -> None:
        """A link to a file of the tree that the walk did not take itself is looked at.

        Directories are never entered through a link: below the root they are walked under their
        own name, and so there is no loop.
        """
        taken = {os.path.realpath(path) for path in self.tree.files.values()} if self.links else ()
        root = os.path.realpath(self.tree.root)
        for path in sorted(self.links):
            target = _slashed(os.path.realpath(path))
            if not _below(target, _slashed(root)):
                self.tree.skipped[OUTWARD] += 1
            elif self.wanted(path) and os.path.isfile(target) and target not in taken:
                self._add(path)
            else:
                self.tree.skipped[LINK] += 1

    def _unreadable(self, path: str, error: OSError) -> None:
        message = f"cannot be read: {error.strerror or type(error).__name__}"
        relative = path[self.prefix :] or "."
        self.tree.diagnostics.append(Diagnostic(relative, "unreadable", message))


def relative(path: str, directory: str) -> str:
    """A path as seen from a directory, where it lies below; else its name."""
    absolute, base = _absolute(path, directory), _slashed(directory)
    if _below(absolute, base):
        return absolute[len(base.rstrip("/")) + 1 :]
    return posixpath.basename(absolute)


def _slashed(path: str) -> str:
    return path if os.sep == "/" else path.replace(os.sep, "/")


def _absolute(path: str, directory: str) -> str:
    # Not realpath: a link that the user names keeps its name.
    return _slashed(os.path.normpath(os.path.join(directory, path)))


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


# -- reading -------------------------------------------------------------------------------------


class TooLargeError(OSError):
    """A file is larger than the limit."""


# A FIFO or a terminal that took the place of the file since the walk must not hold us up.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read(path: str, max_size: int = MAX_FILE_SIZE) -> bytes:
    """The bytes of a regular file.

    Raises:
        TooLargeError: more than ``max_size`` bytes; found out before reading.
        OSError: it cannot be opened or read, or is no regular file.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file", path)
        if status.st_size > max_size:
            raise TooLargeError(0, f"{status.st_size:,} bytes, the limit is {max_size:,}", path)
        data = os.read(descriptor, status.st_size + 1)
        while len(data) != status.st_size and len(data) <= max_size:
            more = os.read(descriptor, max_size + 1 - len(data))
            if not more:
                break
            data += more
    finally:
        os.close(descriptor)
    if len(data) > max_size:
        raise TooLargeError(0, f"it grew beyond the limit of {max_size:,} bytes", path)
    return data


# -- the byte filter -----------------------------------------------------------------------------

# The cookie of PEP 263 names another encoding, in which words may not be spelt in ASCII.
_COOKIE = re.compile(rb"\A[^\n]{0,400}?(?:\n[^\n]{0,400}?)?coding[:=][ \t]*([-\w.]+)")
_SUPERSETS_OF_ASCII = re.compile(
    rb"(?:us-)?ascii|utf-?8.*|u8|latin.*|l\d|iso-?8859.*|iso-latin.*|windows-\d+|cp125\d|cp[89]\d\d"
    rb"|koi8.*|gb.*|big5.*|euc.*|s(?:hift)?-?jis|mac.*",
    re.IGNORECASE,
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ASCII = bytes(range(128))
_LETTER = re.compile(r"\w", re.ASCII)


class Needles:
    """Words one of which stands in every file that can matter.

    Args:
        words: lower-case words, looked for in any case.
        exact: words looked for as they are.
    """

    def __init__(self, words: Iterable[bytes], exact: Iterable[bytes] = ()) -> None:
        self.words = _shortest(words)
        self.exact = tuple(
            word for word in _shortest(exact) if not any(w in word.lower() for w in self.words)
        )
        self._searches = _searches([*self.words, *(word.lower() for word in self.exact)])

    def match(self, data: bytes) -> bool:
        """Whether a file's bytes hold a word, however it is written."""
        return self._plain(data) or self.disguised(data)

    def disguised(self, data: bytes) -> bool:
        """Whether words may stand there that are not spelt in ASCII letters."""
        if data.isascii():
            cookie = _COOKIE.match(data) if b"coding" in data[:800] else None
            # In another encoding words look different; the front end says what it makes of it.
            return bool(cookie and not _SUPERSETS_OF_ASCII.fullmatch(cookie[1].replace(b"_", b"-")))
        if data.startswith(_UTF16):
            return self._plain(data.replace(b"\0", b""))
        # Identifiers are equal by NFKC: a full-width "jwt" is the name "jwt". Most of what is no
        # ASCII stands for no letter of it.
        odd = data.translate(None, _ASCII).decode("utf-8", "ignore")
        if not _LETTER.search(unicodedata.normalize("NFKC", odd)):
            return False
        text = data.decode("utf-8", "ignore")
        return self._count(unicodedata.normalize("NFKC", text)) > self._count(text)

    def _count(self, text: str) -> int:
        lower = text.lower().encode()
        return sum(lower.count(word) for word in self.words)

    def _plain(self, data: bytes) -> bool:
        lower = data.lower()
        for search in self._searches:
            if search(lower):
                break
        else:
            return False
        return any(word in lower for word in self.words) or any(w in data for w in self.exact)


# So rare in programs that a search which runs from one such letter to the next, for all words
# that hold it, passes over the bytes faster than a search for a single word.
_RARE_LETTERS = b"jkx"


def _searches(words: Iterable[bytes]) -> list[Callable[[bytes], object]]:
    """Searches one of which finds something where one of the words stands."""
    anchored: dict[int, list[bytes]] = {}
    searches: list[Callable[[bytes], object]] = []
    for word in _shortest(words):
        anchor = next((letter for letter in _RARE_LETTERS if letter in word), None)
        if anchor is None:
            searches.append(functools.partial(_holds, word))
            continue
        until = word.index(anchor) + 1
        before = b"(?<=%s)" % re.escape(word[:until]) if until > 1 else b""
        anchored.setdefault(anchor, []).append(before + re.escape(word[until:]))
    for letter, alternatives in anchored.items():
        expression = re.compile(b"%c(?:%s)" % (letter, b"|".join(alternatives)))
        searches.append(expression.search)
    return searches


def _holds(word: bytes, data: bytes) -> bool:
    return word in data


def _shortest(words: Iterable[bytes]) -> tuple[bytes, ...]:
    """The words without those that contain another one."""
    kept: list[bytes] = []
    for word in sorted(set(words), key=lambda word: (len(word), word)):
        if word and not any(shorter in word for shorter in kept):
            kept.append(word)
    return tuple(kept)


# What bundlers and minifiers leave; nobody wrote it, and nobody can change it there.
_BUILT = re.compile(r"(?i)[.-]min\.[cm]?js|\.(?:bundle|chunk|umd|iife)(?:\.[\w-]+)?\.[cm]?js")
_HEAD = 4096
_LONG_LINES = 400
# What begins so is for every loader of modules; nobody writes that much of it by hand.
_UNIVERSAL = re.compile(rb"typeof (?:exports|module) *={2,3} *[\"']object[\"']")
_WRITTEN = 100_000
_BUNDLED = (b"__webpack_require__", b"webpackJsonp", b"parcelRequire", b"System.register(")


def is_generated(path: str, data: bytes) -> bool:
    """Whether a script was made by a program: minified, bundled, or said to be generated."""
    if _BUILT.search(path) or b"@generated" in data[:_HEAD]:
        return True
    if len(data) > _HEAD and len(data) // (data.count(b"\n") + 1) > _LONG_LINES:
        return True
    if len(data) > _WRITTEN and _UNIVERSAL.search(data[:_HEAD]):
        return True
    return any(word in data for word in _BUNDLED[:3]) or _BUNDLED[3] in data[:_HEAD]


def is_binary(data: bytes) -> bool:
    """Whether bytes are no text: they hold a NUL and are not UTF-16, which is told apart."""
    return b"\0" in data and not data.startswith(_UTF16)
