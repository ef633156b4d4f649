"""Errors that a verification ends with, and the variables that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.names import words
from jwtaudit.program.scopes import Caught, Raised, Returned
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    Arm,
    Closure,
    Const,
    Instance,
    Member,
    Operation,
    Outcome,
    Unknown,
    Value,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import Call, FunctionId

_VERIFYING = ("verify", "verify-signature", "claims-validator")
_PREFIX = "exception "
_TEXTS = frozenset({"message", "name", "args", "detail", "description", "msg", "error"})
# Errors of every kind, which say something of a token only where one was verified.
_ANY = frozenset({"*", "Exception", "BaseException", "Error", "ValueError"})


class Refusals:
    """The handlers of a project that a refused token leads to."""

    def __init__(self, project: Project) -> None:
        self.project = project
        sites = [s for s in project.sites(*_VERIFYING) if s.semantic("errors") != "for-clients"]
        self._roots = tuple({f"{root}." for site in sites for root in site.library.roots})
        self._tried = {tried for site in sites for tried in self._tries(site)}
        self._handlers: dict[Place, tuple[FunctionId, tuple[Arm, ...]]] = {
            event.place: (event.scope, event.path)
            for event in project.events
            if isinstance(event, Caught)
        }

    def _tries(self, site: Site) -> Iterator[tuple[FunctionId, int]]:
        """The statements that an error of a verification comes to, as far as it gets."""
        if isinstance(site.argument("callback"), Closure):
            return  # it is told, and nothing is raised
        inner: Call | None = None
        for call in site.calls:
            if inner is not None and call not in self.project.callers.get(inner.scope, ()):
                return  # it made the object whose method verifies, at another time
            inner = call.origin or call
            starts = [arm.start for arm in call.path if arm.side == "try"]
            yield from ((call.scope, start) for start in starts)
            if any(self._ends(call.scope, start) for start in starts):
                return

    def _ends(self, function: FunctionId, start: int) -> bool:
        """Whether the handlers of a statement let no error out, nor the text of one."""
        scope = self.project.scope(function)
        inside = [
            event
            for event in (() if scope is None else scope.events)
            if any(arm.start == start and arm.side != "try" for arm in event.path)
        ]
        caught = {
            kind
            for event in inside
            if isinstance(event, Caught)
            for arm in event.path
            if arm.start == start
            for kind in arm.side.removeprefix("except ").split(",")
        }
        return not any(isinstance(event, Raised) and _tells(event) for event in inside) and any(
            kind in _ANY or (kind.startswith(self._roots) and "expired" not in words(kind))
            for kind in caught
        )

    def error_in(self, value: Value) -> Value | None:
        """The error of which a value is the text; None when it is something else."""
        if isinstance(value, Member) and value.name in _TEXTS:
            value = value.base
        if isinstance(value, Operation) and value.operator == "failure":
            return value if self._verifies(value.operands[0]) else None
        if isinstance(value, Unknown) and value.why.startswith(_PREFIX) and self._is_refusal(value):
            return value
        return None

    def _verifies(self, value: Value) -> bool:
        model = self.project.model_of(value.call) if isinstance(value, Outcome) else None
        return model is not None and model.role in _VERIFYING

    def _is_refusal(self, error: Unknown) -> bool:
        kinds = error.why.removeprefix(_PREFIX).split(",")
        if all("expired" in words(kind) for kind in kinds):
            return False  # what a client has to know
        if all(kind.startswith(self._roots) for kind in kinds):
            return True
        if not any(kind in _ANY for kind in kinds) or error.place not in self._handlers:
            return False
        scope, path = self._handlers[error.place]
        if not path or (scope, path[-1].start) not in self._tried:
            return False
        return not any(  # a handler before it takes what a refused token leads to
            function == scope
            and arms
            and arms[-1].start == path[-1].start
            and place.span.start < error.place.span.start
            and any(
                kind.startswith(self._roots) and "expired" not in words(kind)
                for kind in arms[-1].side.removeprefix("except ").split(",")
            )
            for place, (function, arms) in self._handlers.items()
        )


def _tells(event: Raised) -> bool:
    """Whether what a handler raises may say what it has caught: not a text of the program's own."""
    return not (
        isinstance(event.value, Outcome)
        and event.value.call.arguments
        and all(isinstance(argument.value, Const) for argument in event.value.call.arguments)
    )


def is_told_along(project: Project, call: Call) -> bool:
    """Whether the error of a token goes to the callers, with claims read where it was caught."""
    caught = any(arm.side.startswith("except ") for arm in call.path)
    scope = project.scope(call.scope) if caught else None
    for event in scope.events if scope is not None else ():
        if not isinstance(event, Returned):
            continue
        made = [
            argument.value
            for part in walk(event.value)
            if isinstance(part, Instance) and part.call is not None
            for argument in part.call.arguments
        ]
        parts = [part for value in (event.value, *made) for part in deep(value)]
        if any(isinstance(part, Outcome) and part.place == call.place for part in parts) and any(
            isinstance(part, Unknown) and part.why.startswith(_PREFIX) for part in parts
        ):
            return True
    return False
