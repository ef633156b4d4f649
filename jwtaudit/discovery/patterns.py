"""Patterns of paths, as in configuration and in ignore files."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.discovery.contents import read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pathspec import GitIgnoreSpec


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
    base = "" if pattern.startswith("/") else re.escape(slashed(glob.base).rstrip("/")) + "/"
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


class Ignore(NamedTuple):
    """The ignore files that hold in a directory: the nearest decides first."""

    directory: str
    spec: GitIgnoreSpec
    above: Ignore | None


def ignore_in(directory: str, file: str, above: Ignore | None) -> Ignore | None:
    """What an ignore file adds to those above it; a file that cannot be read adds nothing."""
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
    return Ignore(directory, spec, above)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def is_ignored(path: str, ignore: Ignore | None) -> bool:
    """Whether the nearest ignore file that says anything about a path says that it is ignored."""
    while ignore is not None:
        relative = path[len(ignore.directory.rstrip("/")) + 1 :]
        include = ignore.spec.check_file(relative).include
        if include is not None:
            return include
        ignore = ignore.above
    return False


def ignores_above(directory: str) -> tuple[Ignore | None, str]:
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
    ignore = ignore_in(at, posixpath.join(at, ".git/info/exclude"), None)
    for above in reversed(chain):
        ignore = ignore_in(above, posixpath.join(above, ".gitignore"), ignore)
    # Whoever names an ignored directory wants it looked at.
    return (None if chain and is_ignored(directory + "/", ignore) else ignore), at


def slashed(path: str) -> str:
    """The path with slashes, whatever the system writes."""
    return path if os.sep == "/" else path.replace(os.sep, "/")
