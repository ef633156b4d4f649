"""Whether what checks claims, going by its name, can look at a claim at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.classes import reached
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import Call, Const, Member, Outcome, Param, options

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.values import FunctionId, Value

_MAX_STEPS = 3


def may_look_at(project: Project, call: Call, claim: str) -> bool:
    """Whether a function that is called may look at a claim of what it is given.

    One of the project's own does not that never says its name, asks for none by a name that it was
    told, and hands the claims on to nobody else.
    """
    return call.target is None or any(
        _may_look(project, function, claim, _MAX_STEPS) for function in reached(project, call)
    )


def _may_look(project: Project, function: FunctionId, claim: str, steps: int) -> bool:
    scope = project.scope(function)
    if scope is None or scope.definition is None or not steps or not scope.events:
        return True
    return any(
        _says(scope, value, claim) for event in scope.events for value in event_values(event)
    ) or any(_hands_on(project, scope, event, claim, steps) for event in scope.events)


def _says(scope: FunctionScope, value: Value, claim: str) -> bool:
    """Whether a value names a claim, or asks for one whose name is told elsewhere."""
    for part in deep(value):
        if isinstance(part, Const):
            if part.value == claim:
                return True
        elif isinstance(part, Member):
            if part.name == claim or (
                part.item and not isinstance(part.key, Const) and _is_given(scope, part.base)
            ):
                return True
        elif isinstance(part, Outcome) and part.call.arguments and part.call.receiver is not None:
            first = part.call.arguments[0].value
            if not isinstance(first, Const) and _is_given(scope, part.call.receiver):
                return True  # claims.get(name)
    return False


def _hands_on(project: Project, scope: FunctionScope, event: Event, claim: str, steps: int) -> bool:
    """Whether whatever a function was given goes on as a whole to what may look at it."""
    if not isinstance(event, Call) or not any(
        _is_given(scope, argument.value) for argument in event.arguments
    ):
        return False
    if event.target is not None:
        return any(
            function != scope.id and _may_look(project, function, claim, steps - 1)
            for function in reached(project, event)
        )
    model = project.model_of(event)
    return model is None or model.role != "log"


def _is_given(scope: FunctionScope, value: Value) -> bool:
    """Whether a value is what a function was given."""
    return any(
        isinstance(option, Param) and option.function == scope.id for option in options(value)
    )
