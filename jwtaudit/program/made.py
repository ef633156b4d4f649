"""Objects that only hold what they are made of, such as those of data classes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jwtaudit.program.classes import is_record_class
from jwtaudit.program.taking import made_at
from jwtaudit.program.travels import all_parts
from jwtaudit.values import Call, Instance

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId


class Made:
    """Finds what is done with such objects."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def only_holds(self, call: Call) -> bool:
        """Whether a call makes such an object, and no method of its own looks at all of it."""
        uses = self.uses.get(call.place) if call.target is None else None
        return uses is not None and not any(map(_is_own_method, uses))

    @cached_property
    def uses(self) -> dict[Place, list[Event]]:
        """Where such an object is made -> the events that it takes part in."""
        found: dict[Place, list[Event]] = {}
        records: dict[FunctionId, bool] = {}
        for event in self.project.events:
            for part in all_parts(event):
                place = made_at(part)
                if place is None or not isinstance(part, Instance):
                    continue
                if part.cls.id not in records:
                    records[part.cls.id] = is_record_class(self.project, part.cls)
                if records[part.cls.id]:
                    found.setdefault(place, []).append(event)
        return found


def _is_own_method(event: Event) -> bool:
    """Whether a method of the project is called on an object."""
    return (
        isinstance(event, Call)
        and event.target is not None
        and event.receiver is not None
        and made_at(event.receiver) is not None
    )
