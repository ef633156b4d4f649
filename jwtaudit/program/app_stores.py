"""What an application keeps for its handlers, and how these read it.

``app["key"] = ...`` and ``request.app["key"]``, ``app.state.key``, or the settings that it is made
with: as with configuration stores, no import leads from the one to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.models import SCRIPT
from jwtaudit.program.classes import library_base
from jwtaudit.program.scopes import Stored
from jwtaudit.resources import words_of_data
from jwtaudit.values import Absent, Call, Const, Member, Outcome, Param, Table, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event

_SETTINGS = "settings"


class Kept(NamedTuple):
    """Something that an application keeps: its name, with the kind of place it is kept in."""

    name: str
    value: Value


def kept(project: Project, event: Event) -> Iterator[Kept]:
    """What an event leaves with an application."""
    if isinstance(event, Stored) and isinstance(event.key, Const):
        where = _place(project, event.base, item=event.item)
        if where is not None:
            yield Kept(f"{where}:{event.key.value!s}", event.value)
    elif isinstance(event, Call) and _makes_application(project, event) == _SETTINGS:
        for argument in event.arguments:
            if argument.name is not None:
                yield Kept(f"{_SETTINGS}:{argument.name}", argument.value)
            elif isinstance(argument.value, Table):
                for key, value in argument.value.entries.items():
                    if not isinstance(value, Absent):
                        yield Kept(f"{_SETTINGS}:{key!s}", value)


def read_of_application(value: Value) -> str | None:
    """The name under which a value is kept by the application, as ``kept`` gives it."""
    if isinstance(value, Member) and isinstance(value.key, Const):
        where = _place(None, value.base, item=value.item)
        return None if where is None else f"{where}:{value.key.value!s}"
    if isinstance(value, Outcome) and value.call.name.rpartition(".")[2] == "get":
        call = value.call
        where = _place(None, call.receiver, item=True) if call.receiver is not None else None
        key = call.arguments[0].value if call.arguments else None
        if where is not None and isinstance(key, Const):
            return f"{where}:{key.value!s}"
    return None


def _place(project: Project | None, base: Value, *, item: bool) -> str | None:
    """The kind of place that something is kept in: the application itself, or a part of it."""
    if item and _is_application(project, base):
        return "app"
    if not isinstance(base, Member) or base.item or base.name is None:
        return None
    if item and base.name == _SETTINGS:
        return _SETTINGS
    if item and base.name in words_of_data("keeping", "application-items"):
        return "app"
    keeps = base.name in words_of_data("keeping", "application-parts")
    return "state" if not item and keeps and _is_application(project, base.base) else None


def _is_application(project: Project | None, value: Value) -> bool:
    """Whether a value is an application, by the call that made it or by its name."""
    if isinstance(value, Table):  # one that a few entries were put into
        return any(_is_application(project, rest) for rest in value.rest)
    if isinstance(value, (Param, Member)) and not getattr(value, "item", False):
        return value.name in words_of_data("keeping", "applications")
    return (
        project is not None
        and isinstance(value, Outcome)
        and (is_made_by_package(value) or _makes_application(project, value.call) is not None)
    )


def is_made_by_package(value: Value | None) -> bool:
    """Whether a package that is itself a function has made a value: ``express()``."""
    return (
        isinstance(value, Outcome)
        and "." not in value.call.name
        and value.call.name.startswith(SCRIPT)
    )


def _makes_application(project: Project, call: Call) -> str | None:
    """How far a call makes an application, or is that of its constructor by an heir."""
    model = project.model_of(call)
    scope = project.scope(call.scope) if call.name == "super.__init__" else None
    if scope is not None and scope.cls is not None:
        base = library_base(project, scope.cls)
        model = next(iter(project.models.exactly(base)), None) if base else None
    return model.effect if model is not None and model.role == "application" else None
