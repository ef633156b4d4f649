"""Dependencies that give an error back where they have to raise it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import deep
from jwtaudit.program.verifiers import verifications
from jwtaudit.values import Call, Closure, Outcome, Param, Symbol, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.values import Bound, FunctionId


def handed_back(project: Project) -> Iterator[Draft]:
    """``return HTTPException(401)`` in what a route depends on: the route gets it, and is run."""
    verifying = verifications(project)
    told = set()
    for function in _dependencies(project):
        scope = project.scope(function)
        if scope is None or function not in verifying or is_test(function.path):
            continue
        for event in scope.events:
            if not isinstance(event, Returned) or event.kind != "return":
                continue
            answer = next((o for o in options(event.value) if _is_answer(project, o)), None)
            if answer is None or _is_told_apart(project):
                continue
            given = _given_inside(project, scope, event) or event
            if given.place not in told:
                told.add(given.place)
                yield Draft(
                    "",
                    given.place,
                    "a token that is refused lets its sender in all the same: the error is given"
                    " back, and what depends on this takes it for the user",
                    Confidence.HIGH,
                    trace=tuple((call.place, "verified here") for call in verifying[function][:1]),
                    advice="Raise it.",
                    anchor=scope.name,
                )


def _dependencies(project: Project) -> Iterator[FunctionId]:
    """The functions that a framework calls before a route, to give it what they return."""
    found = {
        argument.value.id: None
        for call in project.calls
        if (model := project.model_of(call)) is not None and model.role == "dependency"
        for argument in call.arguments
        if isinstance(argument.value, Closure)
    }
    yield from found


def _is_answer(project: Project, value: Value) -> bool:
    """Whether a value is an answer to the client, or an error that becomes one when raised."""
    return isinstance(value, Outcome) and has_role(project, value, "respond")


def _given_inside(project: Project, scope: FunctionScope, event: Returned) -> Returned | None:
    """Where the function gives an answer back whose result another one hands on."""
    made = {step.place for option in options(event.value) for step in option.trace}
    for call in scope.events:
        inner = project.scope(call.target) if isinstance(call, Call) and call.target else None
        if inner is None or call.place not in made:
            continue
        for given in inner.events:
            if isinstance(given, Returned) and any(
                isinstance(o, Param) or _is_answer(project, o) for o in options(given.value)
            ):
                return given
    return None


def _is_told_apart(project: Project) -> bool:
    """Whether somebody asks what kind of thing was given back: ``isinstance(user, Response)``."""
    return any(
        isinstance(part, Outcome)
        and part.call.name.rpartition(".")[2] == "isinstance"
        and any(map(partial(_names_answer, project), part.call.arguments[1:]))
        for event in project.events
        if isinstance(event, Tested)
        for part in deep(event.value)
    )


def _names_answer(project: Project, argument: Bound) -> bool:
    return any(
        isinstance(part, Symbol)
        and any(model.role == "respond" for model in project.models.exactly(part.name))
        for part in deep(argument.value)
    )
