"""Which claims a value takes of a token that was read without verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jwtaudit.models import VERIFYING
from jwtaudit.program.authority_words import words
from jwtaudit.program.scopes import Stored
from jwtaudit.program.sites import Site
from jwtaudit.program.switches import is_left_on
from jwtaudit.program.travels import event_values
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Value,
    children,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place


_MAX_DEPTH = 15


@dataclass(frozen=True, slots=True)
class Taken:
    """What a value takes of a reading: one claim, or all (None); and the reading as seen here."""

    claim: str | None
    token: Value


class Target:
    """What to look for: a result, a parameter it was given to, an object with it."""

    def __init__(
        self,
        place: Place | None = None,
        param: Param | None = None,
        filled: Place | None = None,
        made: Place | None = None,
    ) -> None:
        self.place = place
        self.param = param
        self.filled = filled
        self.made = made

    def matches(self, value: Value) -> bool:
        """Whether a value is what is looked for."""
        if self.param is not None:
            return isinstance(value, Param) and same(value, self.param)
        if self.made is not None:
            return made_at(value) == self.made
        if self.filled is not None:
            return (
                isinstance(value, Member)
                and value.name in words("raw")
                and any(isinstance(p, Outcome) and p.place == self.filled for p in walk(value.base))
            )
        return (
            isinstance(value, (Outcome, Operation))
            and value.place == self.place
            and (not isinstance(value, Outcome) or value.call.place == self.place)
        )


def made_at(value: Value) -> Place | None:
    """Where an object of a class was made that has no constructor of its own."""
    made = value.call if isinstance(value, Instance) else None
    return made.place if made is not None and made.target is None else None


class Taking:
    """Finds what values take of a reading, in the events of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def of(self, event: Event, target: Target) -> Iterator[Taken]:
        """What an event takes: what a call is given, not what it is called on."""
        values = event_values(event)
        if isinstance(event, Call):
            values = tuple(a.value for a in event.arguments)
        elif isinstance(event, Stored):
            values = (event.value,)
        for value in values:
            yield from self.inside(value, target)

    def inside(self, value: Value, target: Target, depth: int = 0) -> Iterator[Taken]:
        """What a value takes, wherever inside it."""
        if depth > _MAX_DEPTH:
            return
        if target.matches(value):
            if not self._verifies(value):
                yield Taken(None, self._token(value))
        elif isinstance(value, Member):
            yield from self._narrow(value.base, value.name, target, depth)
            if not isinstance(value.key, Const):
                yield from self.inside(value.key, target, depth + 1)
        elif isinstance(value, Outcome):
            call = value.call
            if call.receiver is not None:
                first = call.arguments[0].value if call.arguments else None
                method = call.name.rpartition(".")[2]
                known = method in ("get", "pop", "__getitem__") and isinstance(first, Const)
                name = str(first.value) if known and isinstance(first, Const) else None
                yield from self._narrow(call.receiver, name, target, depth)
            if call.target is None and self.passes_on(call):
                for argument in call.arguments:
                    yield from self.inside(argument.value, target, depth + 1)
        else:
            for inner in children(value):
                yield from self.inside(inner, target, depth + 1)

    def _narrow(self, base: Value, name: str | None, target: Target, depth: int) -> Iterator[Taken]:
        for taken in self.inside(base, target, depth + 1):
            if taken.claim is None and name is not None and name not in words("containers"):
                yield Taken(name, taken.token)
            else:
                yield taken

    def passes_on(self, call: Call) -> bool:
        """Whether a call only gives its argument another form."""
        model = self.project.model_of(call)
        if model is not None and model.role in ("transform", "mapping", "dump"):
            return True
        return call.name in self.project.builtin_roots and call.name not in (
            "print", "isinstance", "len", "bool", "all", "any", "hasattr",
        )  # fmt: skip

    def _verifies(self, value: Value) -> bool:
        """Whether a call verifies as its result is seen here: by another caller than who reads."""
        call = value.call if isinstance(value, Outcome) else None
        model = self.project.model_of(call) if call is not None else None
        if call is None or model is None or model.role not in VERIFYING:
            return False
        return is_left_on(Site(self.project, call, model), "signature")

    def _token(self, value: Value) -> Value:
        if isinstance(value, Outcome):
            model = self.project.model_of(value.call)
            if model is not None:
                return self.project.argument(value.call, model, "token")
            return Absent()
        for part in walk(value):
            if isinstance(part, Operation) and part.operator == "split":
                return part.operands[0]
        return value
