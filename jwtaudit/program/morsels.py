"""Cookies that a response keeps in a mapping, each with its attributes in a mapping of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.names import names_of, words
from jwtaudit.program.scopes import Stored
from jwtaudit.values import ABSENT, Const, Member, Outcome, Table, Value, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.values import FunctionId

_JAR = "cookies"
_ASKING = frozenset({"request", "req", "session", "client"})  # what they carry is sent, not set


class Morsel(NamedTuple):
    """``response.cookies["name"] = value``, and what is said of it in the same function."""

    event: Stored
    name: str
    attributes: dict[str, Value]


def morsels(project: Project, attributes: tuple[str, ...]) -> Iterator[Morsel]:
    """The cookies that are put into the mapping of a response."""
    for event in project.events:
        if not isinstance(event, Stored) or not event.item or not _is_jar(project, event.base):
            continue
        name, is_empty = _text(event.key), isinstance(event.value, Const) and not event.value.value
        if project.is_script(event.place.path) or not name or is_empty:
            continue
        said = said_of(project, event.scope, name, event.value)
        yield Morsel(event, name, {each: said.get(each, ABSENT) for each in attributes})


def said_of(
    project: Project, function: FunctionId, name: str, value: Value = ABSENT
) -> dict[str, Value]:
    """The attributes that a function gives a cookie by ``response.cookies["name"]["secure"]``.

    Where the cookie was put there as a value, that is what is found under its name.
    """
    scope = project.scope(function)
    return {
        _text(event.key).lower(): event.value
        for event in (() if scope is None else scope.events)
        if isinstance(event, Stored)
        and event.item
        and any(same(one, value) or _is_cookie(project, one, name) for one in _ever(event.base))
    }


def _ever(value: Value) -> tuple[Value, ...]:
    """A value, and what it was before entries were put into it."""
    return (value, *value.rest) if isinstance(value, Table) else (value,)


def _is_cookie(project: Project, value: Value, name: str) -> bool:
    named = isinstance(value, Member) and value.item and value.name == name
    return named and isinstance(value, Member) and _is_jar(project, value.base)


def _is_jar(project: Project, value: Value) -> bool:
    if any(_is_made_jar(project, one) for one in _ever(value)):
        return True
    return (
        isinstance(value, Member)
        and value.name == _JAR
        and not value.item
        and not any(_ASKING & set(words(name)) for name in names_of(value.base))
    )


def _is_made_jar(project: Project, value: Value) -> bool:
    """Whether a value is a mapping of cookies that the program has made itself."""
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    return model is not None and model.role == "cookie-jar"


def _text(value: Value) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""
