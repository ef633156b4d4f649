"""The files of a scan: their bytes, their texts, and why some cannot be read."""

from __future__ import annotations

import copy
import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jwtaudit import discovery, frontends
from jwtaudit.discovery import Globs, Tree
from jwtaudit.finding import Diagnostic
from jwtaudit.source import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jwtaudit.engine.options import Options
    from jwtaudit.source import Source

_NOTEBOOK = 10


class Files:
    """The files of a scan.

    Attributes:
        tree: the paths.
        data: the bytes of those that were looked into.
        contents: what some hold instead of what is on disk.
        diagnostics: what was wrong, with any part of the scan.
        skipped: how many were left out, for each reason.
        unanalysed: those that are left out.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.tree = _tree(options)
        self.data: dict[str, bytes] = {}
        self.contents: dict[str, bytes] = {}
        self.diagnostics = list(self.tree.diagnostics)
        self.skipped = Counter(self.tree.skipped)
        self.unanalysed: set[str] = set()
        self._sources: dict[str, Source | None] = {}

    def changed(self, contents: Mapping[str, bytes], diagnostics: Iterable[Diagnostic]) -> Files:
        """The same with other contents of some files, and what is known to be wrong with them."""
        other = copy.copy(self)
        other.data = {**self.data, **contents}
        other.contents = {**self.contents, **contents}
        other.diagnostics = list(diagnostics)
        other.skipped, other.unanalysed = Counter(self.skipped), set(self.unanalysed)
        other._sources = {path: s for path, s in self._sources.items() if path not in contents}
        return other

    def content(self, path: str) -> bytes | None:
        """A file's bytes as they were read before, if they were; a failure is told only once."""
        data = self.data.get(path)
        return self.read(path) if data is None and path not in self.unanalysed else data

    def read(self, path: str) -> bytes | None:
        """A file's bytes as it is on disk now."""
        if self.options.stdin:
            return self.options.stdin[1]
        try:
            return discovery.read(self.tree.files[path], self._limit(path))
        except discovery.TooLargeError as error:
            if frontends.language_of(path) == "javascript":  # nobody writes so much by hand
                self.skip(path, discovery.GENERATED)
                return None
            self.cannot(Diagnostic(path, "too-large", f"too large: {error.strerror}"))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.cannot(Diagnostic(path, "unreadable", f"cannot be read: {reason}"))
        return None

    def _limit(self, path: str) -> int:
        """How large a file may be: most of a notebook is what its cells have shown."""
        limit = self.options.filters.max_size
        return limit * _NOTEBOOK if frontends.language_of(path) == "notebook" else limit

    def cannot(self, diagnostic: Diagnostic) -> None:
        """A file could not be analysed."""
        if BLOCK in diagnostic.path:  # documents show fragments
            return
        if frontends.is_program(diagnostic.path):
            self.diagnostics.append(diagnostic)
        self.skip(diagnostic.path, diagnostic.kind)

    def text(self, path: str) -> str | None:
        """For the join: a file that says how the project is built."""
        try:
            read = path in self.data  # which is enough, whether or not it holds settings
            source = None if path in self.unanalysed and not read else self.source(path)
        except frontends.Unparsable:
            return None
        return None if source is None else source.text

    def source(self, path: str) -> Source | None:
        """A file that was read, as text."""
        if path not in self._sources:
            data = self.content(path) if path in self.tree.files else self.data.get(path)
            self._sources[path] = None if data is None else frontends.read(path, data)
        return self._sources[path]

    def skip(self, path: str, reason: str) -> None:
        """Leave a file out, for a reason that is counted."""
        self.skipped[reason] += 1
        self.unanalysed.add(path)


def scanned_part(options: Options) -> str:
    """How the paths in the one directory that is scanned begin; empty where there are more."""
    directory = options.directory or os.getcwd()  # noqa: PTH109 - as the walk has it: a string
    if options.stdin is not None or len(options.paths) != 1:
        return ""
    path = Path(directory, options.paths[0])
    inside = discovery.relative(str(path), discovery.root_of(options.paths, directory))
    return f"{inside}/" if inside and path.is_dir() else ""


def _tree(options: Options) -> Tree:
    directory = options.directory or os.getcwd()  # noqa: PTH109 - as the walk has it: a string
    if options.stdin is None:
        wanted = partial(_has_front_end, options=options)
        return discovery.walk(options.paths, directory, wanted, options.filters)
    tree = Tree(directory.replace(os.sep, "/"))
    path = discovery.relative(options.stdin[0], directory)
    excluded = options.filters.force_exclude and Globs(options.filters.exclude).cover(
        f"{tree.root.rstrip('/')}/{path}"
    )
    if excluded:
        tree.skipped[discovery.EXCLUDED] += 1
    elif _has_front_end(path, options):
        tree.files[path] = path
    else:
        tree.skipped[discovery.UNKNOWN_TYPE] += 1
    return tree


def _has_front_end(name: str, options: Options) -> bool:
    language = frontends.language_of(name)
    return language is not None and (language != "document" or options.include_docs)
