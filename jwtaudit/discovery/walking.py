"""The walk over directories: which files are scanned, and why others are not."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from jwtaudit.discovery.contents import MAX_FILE_SIZE
from jwtaudit.discovery.patterns import (
    Glob,
    Globs,
    Ignore,
    ignore_in,
    ignores_above,
    is_ignored,
    slashed,
)
from jwtaudit.finding import Diagnostic
from jwtaudit.tracked import Tracked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


DEFAULT_EXCLUDE = (
    ".angular", ".bzr", ".cache", ".direnv", ".eggs", ".expo", ".git", ".git-rewrite", ".hg",
    ".history", ".ipynb_checkpoints", ".mypy_cache", ".next", ".nox", ".nuxt", ".output",
    ".pants.d", ".parcel-cache", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".serverless",
    ".svelte-kit", ".svn", ".tox", ".turbo", ".venv", ".vercel", ".yarn", "__pycache__",
    "__pypackages__", "_build", "bower_components", "buck-out", "build", "dist", "jspm_packages",
    "node_modules", "site-packages", "storybook-static", "venv",
)  # fmt: skip

EXCLUDED = "excluded"
IGNORED = "ignored by git"
LINK = "symbolic link"
OUTWARD = "link out of the tree"
SPECIAL = "not a regular file"
BINARY = "binary"
UNKNOWN_TYPE = "unknown file type"
GENERATED = "minified or generated"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the walk leaves out."""

    exclude: tuple[Glob, ...] = tuple(Glob("/", name) for name in DEFAULT_EXCLUDE)
    force_exclude: bool = False
    respect_gitignore: bool = True
    max_size: int = MAX_FILE_SIZE


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
    base = slashed(directory)
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


_NAME = attrgetter("name")


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
        pending = [(top, *(ignores_above(top) if respect else (None, "")))]
        while pending:
            path, ignore, repository = pending.pop()
            if path in self.seen:
                continue
            self.seen.add(path)
            try:
                with os.scandir(path) as entries:
                    found = sorted(entries, key=_NAME)
            except OSError as error:
                self._unreadable(path, error)
                continue
            names = {entry.name for entry in found}
            if path != top and "pyvenv.cfg" in names:  # a virtual environment of any name
                self.tree.skipped[EXCLUDED] += 1
                continue
            if respect:
                if ".git" in names:  # a repository of its own starts here
                    ignore = ignore_in(path, posixpath.join(path, ".git/info/exclude"), None)
                    repository = path
                if repository and ".gitignore" in names:
                    ignore = ignore_in(path, posixpath.join(path, ".gitignore"), ignore)
            inner = self._entries(path, found, ignore, repository)
            pending.extend((child, ignore, repository) for child in inner)

    def _entries(
        self,
        directory: str,
        entries: Iterable[os.DirEntry[str]],
        ignore: Ignore | None,
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

    def _left_out(self, path: str, ignore: Ignore, repository: str) -> bool:
        if not is_ignored(path, ignore):
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
            target = slashed(os.path.realpath(path))
            if not _below(target, slashed(root)):
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
    absolute, base = _absolute(path, directory), slashed(directory)
    if _below(absolute, base):
        return absolute[len(base.rstrip("/")) + 1 :]
    return posixpath.basename(absolute)


def _absolute(path: str, directory: str) -> str:
    # Not realpath: a link that the user names keeps its name.
    return slashed(os.path.normpath(os.path.join(directory, path)))


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
