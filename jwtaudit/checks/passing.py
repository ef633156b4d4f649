"""Guards that refuse a request and hand it on all the same: the ``return`` is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.scopes import Caught, Raised, Returned, Tested
from jwtaudit.program.scripts import FAILURE
from jwtaudit.program.travels import deep, event_values
from jwtaudit.program.verdicts import handles
from jwtaudit.values import Call, Closure, Const, Operation, Outcome, Param, Value, options, same

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

_REFUSED = frozenset({401, 403})
_ANSWER = 2


def refused_and_passed(project: Project, tells: Container[FunctionId]) -> Iterator[Draft]:
    """Where a token is refused, and what its request was meant for is called behind that.

    ``tells`` are the project's own functions whose result tells that a token is bad.
    """
    seen = set()
    for call, told, results in _verifications(project, tells):
        scope = project.scope(told)
        if scope is None or is_test(scope.id.path):
            continue
        for refusal, passed in _passed(project, scope, call, results):
            if passed.place not in seen:
                seen.add(passed.place)
                yield Draft(
                    "",
                    passed.place,
                    "the request is answered that its token is not valid, and goes on to the next"
                    " handler all the same",
                    Confidence.HIGH,
                    trace=((call.place, "verified here"), (refusal.place, "refused here")),
                    advice="Return where the request is refused.",
                    anchor=scope.name,
                )


def answered_twice(project: Project) -> Iterator[Draft]:
    """Handlers of verified claims that say no, and go on to say yes: ``done(null, false)``."""
    for site in project.sites("verify"):
        handler = site.argument("handler")
        outer = project.scope(handler.id) if isinstance(handler, Closure) else None
        if outer is None or outer.definition is None or is_test(outer.id.path):
            continue
        span = outer.definition.span
        for scope in project.scopes:  # it may answer in a callback
            if scope.id.path == outer.id.path and span.start <= scope.id.start < span.end:
                for refusal, answer in _answers_after(scope):
                    yield Draft(
                        "",
                        answer.place,
                        "whoever was refused is let in all the same: nothing ends the function"
                        " where it says no, and here it says yes",
                        Confidence.HIGH,
                        trace=((refusal.place, "refused here"),),
                        advice="Return where the user is refused.",
                        anchor=scope.name,
                    )


def _answers_after(scope: FunctionScope) -> Iterator[tuple[Call, Call]]:
    """The refusals of a function, each with the consent that nothing keeps it from."""
    for refusal in scope.events:
        if not isinstance(refusal, Call) or _said(refusal) is not False or not refusal.path:
            continue
        for event in scope.events:
            if event.order <= refusal.order or any(arm not in refusal.path for arm in event.path):
                continue
            if isinstance(event, Call) and _said(event) and _is_of(event, refusal):
                yield refusal, event
            if isinstance(event, (Returned, Raised, Call)):
                break


def _is_of(event: Call, other: Call) -> bool:
    """Whether two calls are of the same thing."""
    return bool(event.receiver and other.receiver and same(event.receiver, other.receiver))


def _said(call: Call) -> bool | None:
    """What a handler answers by what it was given for that: ``done(error, user)``."""
    if call.name or not isinstance(call.receiver, Param) or len(call.arguments) < _ANSWER:
        return None
    error, user = call.arguments[0].value, call.arguments[1].value
    if not isinstance(error, Const) or error.value:
        return None
    return not (isinstance(user, Const) and not user.value)


def _verifications(
    project: Project, tells: Container[FunctionId]
) -> Iterator[tuple[Call, FunctionId, frozenset[Place]]]:
    """Calls that verify, the function that learns what came of it, and the results that tell."""
    verified = set()
    for site in project.sites("verify", "verify-signature"):
        call, callback = site.call.origin or site.call, site.argument("callback")
        verified.add(call.place)
        if isinstance(callback, Closure):
            yield call, callback.id, frozenset({call.place})
        else:  # what raises has no result to test
            answers = "bool" in site.model.effect.split("+")
            yield call, call.scope, frozenset({call.place} if answers else ())
    for call in project.calls:
        if call.target in tells:
            yield call, call.scope, frozenset(verified | {call.place})


def _passed(
    project: Project, scope: FunctionScope, call: Call, results: frozenset[Place]
) -> Iterator[tuple[Call, Call]]:
    """Refusals of a function, each with the call behind it that nothing keeps it from."""
    failures = [
        event
        for event in scope.events
        if (isinstance(event, Caught) and handles(event, call)) or isinstance(event, Tested)
    ]
    for refusal in scope.events:
        if not isinstance(refusal, Call) or _raises(project, refusal):
            continue
        if not any(_is_upon(failure, refusal, results) for failure in failures):
            continue
        for event in scope.events:
            if event.order <= refusal.order or any(arm not in refusal.path for arm in event.path):
                continue
            if isinstance(event, (Returned, Raised)):
                break
            if isinstance(event, Call) and (passing := passing_on(event)) is not None:
                if refuses(refusal, passing) or _answers(project, refusal):
                    yield refusal, event
                break


def passing_on(call: Call) -> Param | None:
    """What a guard was given to go on with, where it does so: ``next`` of ``next()``."""
    if call.arguments or call.name or not isinstance(call.receiver, Param):
        return None
    return call.receiver


def refuses(call: Call, passing: Param) -> bool:
    """Whether a call turns a request down: with a status, or with an error handed on."""
    if not call.arguments:
        return False
    if call.receiver is not None and not call.name and same(call.receiver, passing):
        return True
    return any(
        isinstance(part, Const) and part.value in _REFUSED
        for value in event_values(call)
        for part in deep(value)
    )


def _raises(project: Project, call: Call) -> bool:
    model = project.model_of(call)
    return model is not None and model.effect == "raises"


def _answers(project: Project, call: Call) -> bool:
    model = project.model_of(call)
    return model is not None and model.role == "respond"


def _is_upon(failure: Caught | Tested, event: Call, results: frozenset[Place]) -> bool:
    """Whether an event happens only where a handler or a condition shows a failure."""
    if isinstance(failure, Caught):
        return failure.path[-1] in event.path
    return any(
        failure.is_side(side, arm)
        for side in _failing(failure.value, results)
        for arm in event.path
        if arm not in failure.path
    )


def _failing(test: Value, results: frozenset[Place]) -> Iterator[str]:
    """The sides of a condition on which a token is known to be bad."""
    if isinstance(test, Operation) and test.operator == "not":
        for side in _failing(test.operands[0], results):
            yield "else" if side == "then" else "then"
    elif isinstance(test, Operation) and test.operator == "or":  # no token, or a bad one
        for operand in test.operands:
            yield from (side for side in _failing(operand, results) if side == "then")
    elif isinstance(test, Operation) and test.operator == FAILURE:
        yield "then"
    elif any(isinstance(o, Outcome) and o.call.place in results for o in options(test)):
        yield "else"
