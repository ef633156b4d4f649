"""What becomes of a token that fails verification, in the function that verifies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence
from jwtaudit.program.context import is_test
from jwtaudit.program.scopes import Assigned, Caught, Raised, Returned, Stored, Tested
from jwtaudit.program.switches import turned_off
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import Arm, Call, Const, FunctionId, Outcome, Sequence, Table, Value, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import FunctionScope

CLAIM_ERRORS = ("Expired", "Audience", "Issuer", "Immature", "IssuedAt", "Claim")
"""Words in the names of errors that tell of a claim, and not of a forged token."""


def refusing(project: Project) -> dict[FunctionId, Confidence]:
    """The functions that verify a token; how surely they tell a bad one by their result.

    High when they return true or false, medium when nothing instead of claims, low when they
    raise.
    """
    found: dict[FunctionId, Confidence] = {}
    for site in project.sites("verify", "verify-signature"):
        call = site.call.origin or site.call
        scope = project.scope(call.scope)
        if scope is None or scope.definition is None or is_test(scope.id.path):
            continue
        if any(o.effect == "signature" for o in turned_off(site)):
            continue
        found[scope.id] = _verdict(scope, call)
    return found


def is_unheeded(project: Project, call: Call) -> bool:
    """Whether nothing looks at what a call gives, but for a name that it is given."""
    scope = project.scope(call.scope)
    return scope is not None and not any(
        any(step.place == call.place for part in deep(value) for step in part.trace)
        for event in scope.events
        if not isinstance(event, Assigned)
        for value in event_values(event)
    )


def _verdict(scope: FunctionScope, call: Call) -> Confidence:
    returned = [e for e in scope.events if isinstance(e, Returned) and e.kind == "return"]
    refused = _refusals(scope, call)
    if refused and answers_in_pairs(scope) and all(_has_nothing(v) for v in refused):
        return Confidence.HIGH
    if not refused or not all(isinstance(v, Const) and not v.value for v in refused):
        return Confidence.LOW
    if any(isinstance(v, Const) and v.value is False for v in refused):
        return Confidence.HIGH
    if any(not isinstance(e.value, Const) for e in returned):
        return Confidence.MEDIUM
    return Confidence.LOW


def _refusals(scope: FunctionScope, call: Call) -> list[Value]:
    """What a function gives back for a token that fails verification; nothing if in doubt."""
    handlers = [e for e in scope.events if isinstance(e, Caught) and handles(e, call)]
    returned = [e for e in scope.events if isinstance(e, Returned) and e.kind == "return"]
    if _has_effect(scope):
        return []
    refused: list[Value] = []
    for handler in handlers:
        answers = [e.value for e in returned if handler.path[-1] in e.path]
        if not handler.exits and not answers:
            if _raises_behind(scope, handler):
                continue
            answers = [e.value for e in returned if e.order > handler.order] or [Const(None)]
        refused.extend(answers)
    return refused


def refusing_with_an_object(project: Project) -> Iterator[FunctionId]:
    """The functions of scripts that give back ``{}`` for a bad token, which counts as true."""
    for site in project.sites("verify", "verify-signature"):
        call = site.call.origin or site.call
        scope = project.scope(call.scope)
        if scope is None or not project.is_script(scope.id.path) or is_test(scope.id.path):
            continue
        refused = _refusals(scope, call)
        if refused and all(isinstance(v, Table) and not v.entries and not v.rest for v in refused):
            yield scope.id


def keeps_and_refuses(project: Project, scope: FunctionScope) -> bool:
    """Whether a function leaves claims where others find them, and says no behind that."""
    returned = [e for e in scope.events if isinstance(e, Returned) and e.kind == "return"]
    if not all(isinstance(e.value, Const) and isinstance(e.value.value, bool) for e in returned):
        return False
    kept = [e for e in scope.events if isinstance(e, Stored) and _holds_claims(project, e.value)]
    return any(
        isinstance(answer.value, Const)
        and answer.value.value is False
        and answer.order > store.order
        and len(answer.path) >= len(store.path)
        and all(arm in answer.path for arm in store.path)
        for store in kept
        for answer in returned
    )


def _holds_claims(project: Project, value: Value) -> bool:
    return any(
        isinstance(part, Outcome)
        and (model := project.model_of(part.call)) is not None
        and model.role in ("verify", "decode-unverified")
        for part in deep(value)
    )


def answers_in_pairs(scope: FunctionScope) -> bool:
    """Whether a function gives claims and an error, of which one is nothing."""
    returned = [e.value for e in scope.events if isinstance(e, Returned) and e.kind == "return"]
    return len(returned) > 1 and all(
        isinstance(value, Sequence) and len(value.items) > 1 and not value.rest
        for value in returned
    )


def _has_nothing(value: Value) -> bool:
    return isinstance(value, Sequence) and any(
        isinstance(item, Const) and not item.value for item in value.items
    )


def _has_effect(scope: FunctionScope) -> bool:
    """Whether a function leaves its verdict elsewhere: in the request, in an attribute."""
    return any(isinstance(event, Stored) for event in scope.events)


def _raises_behind(scope: FunctionScope, handler: Caught) -> bool:
    """Whether what a handler lets go on ends in an error: the next key is tried, none is left."""
    later = [
        event
        for event in scope.events
        if isinstance(event, (Raised, Returned))
        and event.order > handler.order
        and handler.path[-1] not in event.path
        and all(arm in handler.path for arm in event.path)
    ]
    return bool(later) and isinstance(later[0], Raised)


def handles(handler: Caught, call: Call) -> bool:
    """Whether a handler catches what a call raises when a token is bad."""
    arm = handler.path[-1]
    if Arm(arm.start, "try") not in call.path:
        return False
    names = arm.side.removeprefix("except ").split(",")
    return not all(any(error in name for error in CLAIM_ERRORS) for name in names)


def refused_where(scope: FunctionScope, call: Call) -> Caught | None:
    """The handler that does not go on with a token for which a call raises, whatever the error."""
    tried = {arm.start for arm in call.path if arm.side == "try"}
    handlers = (e for e in scope.events if isinstance(e, Caught) and e.path[-1].start in tried)
    return next((handler for handler in handlers if handler.exits), None)


def is_asked_later(scope: FunctionScope, handler: Caught) -> bool:
    """Whether what a handler has noted is asked for behind it, or given back: ``if errors:``."""
    noted = handler.place
    return any(
        isinstance(event, (Tested, Returned))
        and event.order > handler.order
        and (isinstance(event, Returned) or event.then_exits or event.else_exits)
        and any(
            part.place is not None
            and part.place.path == noted.path
            and noted.span.contains(part.place.span)
            for part in walk(event.value)
        )
        for event in scope.events
    )


def answers_and_goes_on(project: Project, scope: FunctionScope, handler: Caught) -> bool:
    """Whether a handler calls what refuses requests, and drops what has to be returned.

    The function itself returns it elsewhere: ``return refuse("no token")``.
    """
    calls = [e for e in scope.events if isinstance(e, Call) and e.target is not None]
    given_back = {call.target for call in calls if not call.discarded}
    return any(
        call.discarded
        and handler.path[-1] in call.path
        and call.target in given_back
        and call.target is not None
        and not _may_end(project, call.target)
        for call in calls
    )


def _may_end(project: Project, function: FunctionId) -> bool:
    """Whether a function may not come back: it raises, or calls what does."""
    scope = project.scope(function)
    return scope is None or any(
        isinstance(event, Raised)
        or (
            isinstance(event, Call)
            and (model := project.model_of(event)) is not None
            and model.role == "exit"
        )
        for event in scope.events
    )
