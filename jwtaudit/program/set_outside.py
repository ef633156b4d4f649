"""Attributes that begin with nothing, and are set by others: ``tokens.key = read_key()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.context import is_test
from jwtaudit.program.scopes import Stored
from jwtaudit.values import ClassRef, Const, Instance, Join, Param, Value, hop, join, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place

_CONSTRUCTOR = ".__init__"


def fields_at(project: Project, place: Place | None) -> list[str]:
    """The names of a class whose value, a default for its objects, stands at a place."""
    return [
        name
        for scope in project.classes.values()
        if place is not None and scope.ref.id.path == place.path
        for name, value in scope.names.items()
        if value.place == place
    ]


def set_by_others(project: Project, place: Place | None) -> Iterator[Stored]:
    """Where the attribute of an object is set that begins with the value at a place."""
    names = [*fields_at(project, place), *_begun_with(project, place)] if place else []
    for event in project.events if names else ():
        if (
            isinstance(event, Stored)
            and not event.item
            and not event.scope.qualname.endswith(_CONSTRUCTOR)
            and isinstance(event.key, Const)
            and event.key.value in names
        ):
            yield event


def _begun_with(project: Project, place: Place | None) -> list[str]:
    """The attributes that a constructor gives the value at a place, or a default that stands there.

    ``def __init__(self, key=None): self.key = key``.
    """
    return [
        event.key.value
        for event in project.events
        if isinstance(event, Stored) and event.scope.qualname.endswith(_CONSTRUCTOR)
        if isinstance(event.key, Const) and isinstance(event.key.value, str)
        for part in options(event.value)
        if place in (part.place, part.default.place if isinstance(part, Param) else None)
    ]


def as_set(project: Project, value: Value) -> Value:
    """A value with what other modules give an attribute that begins with nothing."""
    parts = value.options if isinstance(value, Join) else (value,)
    given = [(part, *_given(project, part)) for part in parts]
    if all(len(found) == 1 for found in given):
        return value
    return join(*(one for found in given for one in (found[1:] or found)))


def _given(project: Project, value: Value) -> tuple[Value, ...]:
    if not isinstance(value, Const) or value.value or value.place is None:
        return ()
    return tuple(
        hop(event.value, event.place, f"`{event.key.value}` is set")
        for event in set_by_others(project, value.place)
        if isinstance(event.key, Const) and isinstance(event.key.value, str)
        if not event.path and not is_test(event.place.path)
        if any(_is_of(project, base, value.place) for base in options(event.base))
    )


def _is_of(project: Project, base: Value, place: Place) -> bool:
    """Whether a value is a class, or an object of one, in whose file the attribute begins."""
    ref = base.cls if isinstance(base, Instance) else base
    return isinstance(ref, ClassRef) and ref.id in project.classes and ref.id.path == place.path
