"""Where code runs: in the user's browser or phone, or on a server."""

from __future__ import annotations

import functools
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit import facts as f
from jwtaudit.models import SCRIPT
from jwtaudit.resources import data
from jwtaudit.values import Imported, Join, Symbol, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project

_GLOBALS = ("localStorage", "sessionStorage", "document", "window", "navigator")


@functools.lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in data("platforms").items()}


def platform_words(name: str) -> frozenset[str]:
    """A word list of ``rules/data/platforms.toml``."""
    return _words()[name]


_known: WeakKeyDictionary[Project, dict[str, bool | None]] = WeakKeyDictionary()


def in_browser(project: Project, path: str) -> bool:
    """Whether a file is code that runs where the user is, and can read and change it."""
    return _is_users(project, path) is True


def on_server(project: Project, path: str) -> bool:
    """Whether a file is known to run on a server."""
    return _is_users(project, path) is False


def tells_errors(project: Project, path: str) -> bool:
    """Whether a file is part of a server that answers with the text of any error: GraphQL's."""
    return project.is_script(path) and not _words()["telling"].isdisjoint(_modules(project, path))


def _is_users(project: Project, path: str) -> bool | None:
    known = _known.setdefault(project, {})
    if path not in known:
        known[path] = _told(project, path)
    return known[path]


def _told(project: Project, path: str) -> bool | None:
    """Whether a script runs in the browser; None where nothing tells."""
    if not project.is_script(path):
        return None
    words = _words()
    if any(fnmatchcase(f"/{path}", pattern) for pattern in words["server-files"]):
        return False
    used = set(_modules(project, path))
    directive = _directive(project, path)
    if directive:
        return directive == "use client"
    if used & words["server"]:
        return False
    pure = PurePosixPath(path)
    if pure.suffix.lower() in words["pages"] or used & words["browser"]:
        return True
    if path in _calling_browsers(project):
        return True
    for folder in map(str.lower, pure.parts[:-1]):
        # the outermost one says it: client/src/api, server/static
        if folder in words["browser-folders"]:
            return True
        if folder in words["server-folders"]:
            return False
    return _is_page(project.scripts.dependencies(path)) or None


def _is_page(packages: frozenset[str]) -> bool:
    """Whether a package with these dependencies is a page, and serves nothing itself."""
    words = _words()
    served = words["server"] | words["server-packages"]
    return bool(packages & words["page-packages"]) and not packages & served


def _directive(project: Project, path: str) -> str:
    """What a file says of itself in its first line: ``use client`` or ``use server``."""
    facts = project.facts.get(path)
    first = facts.body[0] if facts is not None and facts.body else None
    if isinstance(first, f.Evaluate) and isinstance(first.value, f.Literal):
        said = first.value.value
        return said if said in ("use client", "use server") and isinstance(said, str) else ""
    return ""


_CALLS = tuple(f"{SCRIPT}{name}." for name in _GLOBALS)
_calling: WeakKeyDictionary[Project, frozenset[str]] = WeakKeyDictionary()


def _calling_browsers(project: Project) -> frozenset[str]:
    """The files that call what only a browser has."""
    if project not in _calling:
        calls = (call for call in project.calls if call.name.startswith(_CALLS))
        _calling[project] = frozenset(call.place.path for call in calls)
    return _calling[project]


def _modules(project: Project, path: str) -> Iterator[str]:
    """The modules of libraries that a file imports."""
    module = project.modules.get(path)
    for value in () if module is None else module.names.values():
        yield from _named(value)


def _named(value: Value) -> Iterator[str]:
    if isinstance(value, Join):
        for option in value.options:
            yield from _named(option)
    elif isinstance(value, Imported):
        yield value.module.removeprefix("node:")
    elif isinstance(value, Symbol) and value.name.startswith(SCRIPT):
        name = value.name[len(SCRIPT) :]
        yield name
        yield name.rpartition(".")[0]


__all__ = ["in_browser", "on_server", "platform_words", "tells_errors"]
