"""Entries of mappings that are given another value wherever the mapping is used."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.names import pairs
from jwtaudit.program.scopes import MODULE, Stored
from jwtaudit.values import Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place

# Another file, such as one for development, has a copy of its own.
_FOR_ALL = frozenset({"settings", "config", "conf", "init", "base", "common", "production", "prod"})

_found: WeakKeyDictionary[Project, tuple[int, dict[Scalar, list[Place]]]] = WeakKeyDictionary()


def is_set_anew(project: Project, name: str, place: Place | None) -> bool:
    """Whether an entry of a mapping, with its value at a place, does not stay so.

    ``from .tokens import *``, and then ``TOKENS["KEY"] = environ["KEY"]``.
    """
    known, found = _found.get(project, (0, {}))
    if known != len(project.modules):  # files of settings are read when they are asked for
        found = {}
        for event in project.events:
            for key, mapping in _set(event):
                found.setdefault(key, []).append(mapping)
        _found[project] = (len(project.modules), found)
    return place is not None and any(
        mapping.path == place.path and mapping.span.contains(place.span)
        for mapping in found.get(name, ())
    )


def _set(event: Event) -> Iterator[tuple[Scalar, Place]]:
    """The name of an entry that a module sets in any case, and where its mapping is written."""
    if not isinstance(event, Stored) or event.scope.qualname != MODULE or event.path:
        return
    mapping, here = event.base.place, event.place.path
    if not event.item or mapping is None or not isinstance(event.key, Const):
        return
    if mapping.path == here or _FOR_ALL & pairs(PurePosixPath(here).stem.strip("_")):
        yield event.key.value, mapping
