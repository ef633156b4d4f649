"""Errors that a verification ends with, and the variables that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.names import words
from jwtaudit.program.scopes import Caught
from jwtaudit.values import Arm, Member, Operation, Outcome, Unknown, Value

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

_VERIFYING = ("verify", "verify-signature", "claims-validator")
_PREFIX = "exception "
_TEXTS = frozenset({"message", "name", "args", "detail", "description", "msg", "error"})
# Errors of every kind, which say something of a token only where one was verified.
_ANY = frozenset({"*", "Exception", "BaseException", "Error", "ValueError"})


class Refusals:
    """The handlers of a project that a refused token leads to."""

    def __init__(self, project: Project) -> None:
        self.project = project
        sites = list(project.sites(*_VERIFYING))
        self._roots = tuple({f"{root}." for site in sites for root in site.library.roots})
        self._tried = {
            (call.scope, arm.start)
            for site in sites
            for call in (site.call, *site.chain)
            for arm in call.path
            if arm.side == "try"
        }
        self._handlers: dict[Place, tuple[FunctionId, tuple[Arm, ...]]] = {
            event.place: (event.scope, event.path)
            for event in project.events
            if isinstance(event, Caught)
        }

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
        return (scope, path[-1].start) in self._tried if path else False
