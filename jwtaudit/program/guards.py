"""What decorates a function, or what it depends on, and has verified a token before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.models import VERIFYING
from jwtaudit.program.authority_words import says
from jwtaudit.program.names import words
from jwtaudit.program.sites import Site
from jwtaudit.program.switches import turned_off
from jwtaudit.program.token_sources import has_role, name_of
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    Call,
    ClassRef,
    Closure,
    Const,
    FunctionId,
    Outcome,
    Param,
    Symbol,
    Unknown,
    Value,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from jwtaudit.program.project import Project


class Guards:
    """Whether nobody gets to a function without a verified token.

    Args:
        verifying: the functions that verify a token.
        reading: those that read one without verifying it, and all that call them.
    """

    def __init__(
        self,
        project: Project,
        verifying: Collection[FunctionId],
        reading: Collection[FunctionId],
    ) -> None:
        self.project = project
        self.verifying = verifying
        self.reading = reading

    def passed(self, scope: FunctionId) -> bool:
        """Whether a decorator, or a dependency of a function, has verified a token before it."""
        function = self.project.scope(scope)
        if function is None:
            return False
        decorators = function.decorators
        if function.cls is not None and function.cls.id in self.project.classes:
            decorators += self.project.classes[function.cls.id].decorators
        if any(self._verifies(decorator) for decorator in decorators):
            return True
        return any(
            (isinstance(part, Outcome) and (self._is_verifying(part) or self._depends(part)))
            or self._has_verified(part)
            for param in function.parameters.values()
            for value in (param.default, param.annotation)
            if value is not None
            for part in deep(value)
        )

    def _has_verified(self, value: Value) -> bool:
        """Whether a value is a function that verifies, or is what such a function was given."""
        if isinstance(value, Closure):
            function = value.id
        elif isinstance(value, Param):
            function = value.function
        else:
            return False
        return function in self.verifying and function not in self.reading

    def _depends(self, outcome: Outcome) -> bool:
        """Whether a framework calls something first that verifies, going by its name alone."""
        return has_role(self.project, outcome, "dependency") and any(
            isinstance(argument.value, (Symbol, Unknown))
            and says(name_of(argument.value), "verifying")
            for argument in outcome.call.arguments
        )

    def _is_verifying(self, outcome: Outcome) -> bool:
        model = self.project.model_of(outcome.call)
        if model is None or model.role not in VERIFYING:
            return False
        off = turned_off(Site(self.project, outcome.call, model))
        return not any(o.effect == "signature" for o in off)

    def _verifies(self, decorator: Value) -> bool:
        for part in walk(decorator):
            if isinstance(part, Closure):
                name = part.id.qualname
                if any(
                    f.path == part.id.path
                    and (f.qualname == name or f.qualname.startswith(name + "."))
                    for f in self.verifying
                ):
                    return True
            elif isinstance(part, (Symbol, Outcome)):
                name = part.name if isinstance(part, Symbol) else part.call.name
                if says(name, "verifying") or "login_required" in name or "jwt_required" in name:
                    return True
        return any(map(self._guards, deep(decorator)))

    def _guards(self, value: Value) -> bool:
        """Whether something given to a decorator lets nobody past without a token."""
        if isinstance(value, ClassRef):
            own = any(function.path == value.id.path for function in self.reading)
            return _is_guard(value.id.qualname) and not own
        if isinstance(value, Symbol):
            return _is_guard(value.name)
        return (
            isinstance(value, Outcome)
            and _is_guard(value.call.name)
            and not _is_for_passwords(value.call)
        )


def _is_guard(name: str) -> bool:
    """Whether something so called lets nobody past without a token: ``JwtAuthGuard``."""
    said = set(words(name.rpartition(".")[2]))
    known = not said.isdisjoint(("auth", "authentication", "jwt", "token"))
    return "guard" in said and known and "optional" not in said


def _is_for_passwords(guard: Call) -> bool:
    """Whether a guard is of the kind that looks at a name and a password."""
    return any(isinstance(a.value, Const) and a.value.value == "local" for a in guard.arguments)
