"""Callbacks of a verification: what they make of an error, and what does not wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks.passing import passing_on, refuses
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.authority_words import words
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.names import words as words_of
from jwtaudit.program.scopes import Caught, Returned, Stored, Tested
from jwtaudit.program.scripts import FAILURE, FINALLY
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import Call, Closure, Member, Operation, Outcome, Param, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jwtaudit.facts import Parameter
    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Value


def called_back(project: Project) -> Iterator[Draft]:
    """Callbacks that are told of a failed verification and do not ask, or cannot stop anything."""
    for site in project.sites("verify", "verify-signature"):
        callback = site.argument("callback")
        scope = project.scope(callback.id) if isinstance(callback, Closure) else None
        if scope is None or scope.definition is None or is_test(site.place.path):
            continue
        heard = any(
            _is_told(event, site.call) or _asks(event, scope.definition.parameters, callback)
            for event in scope.events
            if not is_talk(project, event)
            if not (isinstance(event, Tested) and _only_says(project, scope, event))
        )
        goes_on = [
            event
            for event in scope.events
            if isinstance(event, (Call, Stored)) and not is_talk(project, event)
        ]
        told = scope.definition.parameters  # a single one is the error, or of another kind
        if not heard and goes_on and len(told) != 1:
            first = min(event.order for event in goes_on)
            yield Draft(
                "",
                callback.place or site.place,
                f"the callback does not ask whether {site.library.title} has refused the token: it"
                " goes on with every token, only that there are no claims in a bad one",
                Confidence.LOW if _stumbles(scope, site.call, first) else Confidence.HIGH,
                trace=((site.place, "verified here"),),
                advice=f"Refuse the request where `{told[0].name if told else 'error'}` is set.",
                anchor=scope.name,
            )
        elif heard and (passed := _passed_anyway(project, site, scope)) is not None:
            yield Draft(
                "",
                passed.place,
                "the request goes on to the next handler whatever becomes of its token: only the"
                " callback learns that, and nothing waits for it",
                Confidence.HIGH,
                trace=((site.place, "verified here"),),
                advice="Go on in the callback, where the token is known to be good.",
                anchor=scope.name,
            )


def settled(project: Project) -> Iterator[Draft]:
    """Guards that go on when a promise is settled, whatever came of it: ``.finally(next)``."""
    endings = [call for call in project.calls if call.name == FINALLY and _goes_on(project, call)]
    for site in project.sites("verify", "verify-signature") if endings else ():
        guard = project.scope(site.call.scope)
        for ending in endings:
            if guard is None or ending.place.path != site.place.path or is_test(site.place.path):
                continue
            if not ending.place.span.contains(site.place.span):
                continue
            used = any(
                isinstance(event, (Call, Stored)) and not is_talk(project, event)
                for event in project.uses(site.call)
                if not (isinstance(event, Call) and (event.target or event.name == FINALLY))
            )
            if used and not is_required(guard.short_name):
                continue  # a name for who has a token; the others go on without one
            yield Draft(
                "",
                ending.arguments[0].place or ending.place,
                "the request goes on to the next handler whatever becomes of its token: this is"
                " called for a bad one, too",
                Confidence.HIGH,
                trace=((site.place, "verified here"),),
                advice="Go on where the token is known to be good, and refuse the others.",
                anchor=guard.name,
            )


def is_required(name: str) -> bool:
    """Whether a guard is called as one that lets nobody past without a token."""
    return not set(words("requiring")).isdisjoint(words_of(name))


def _goes_on(project: Project, ending: Call) -> bool:
    """Whether what is called at last is what a guard was given to go on with."""
    function = ending.arguments[0].value
    if isinstance(function, Param):
        return function.name == "next"
    scope = project.scope(function.id) if isinstance(function, Closure) else None
    return any(
        isinstance(event, Call) and passing_on(event) is not None and not event.path
        for event in (() if scope is None else scope.events)
    )


def _passed_anyway(project: Project, site: Site, callback: FunctionScope) -> Call | None:
    """Where a guard goes on beside the callback that refuses requests: ``next()`` behind it."""
    call = site.call
    guard = project.scope(call.scope)
    later = [e for e in (() if guard is None else guard.events) if e.order > call.order]
    for event in later:
        if isinstance(event, Tested):
            return None  # it may ask what the callback has found
        if isinstance(event, Returned) and all(arm in call.path for arm in event.path):
            return None
        if (
            isinstance(event, Call)
            and (passing := passing_on(event)) is not None
            and not exclusive(event.path, call.path)
        ):
            refused = any(isinstance(e, Call) and refuses(e, passing) for e in callback.events)
            return event if refused else None
    return None


def _stumbles(scope: FunctionScope, call: Call, until: int) -> bool:
    """Whether a claim is read before anything is done: of no claims at all that throws."""
    return any(
        isinstance(part, Member)
        and isinstance(part.base, Outcome)
        and part.base.call.place == call.place
        for event in scope.events
        if event.order <= until
        for value in event_values(event)
        for part in walk(value)
    )


def _only_says(project: Project, scope: FunctionScope, test: Tested) -> bool:
    """Whether nothing but talk depends on a test: ``if (error) console.error(error);``."""
    depending = [
        event
        for event in scope.events
        if any(test.is_side(side, arm) for side in ("then", "else") for arm in event.path)
    ]
    told = bool(depending) and all(is_talk(project, event) for event in depending)
    return told and not (test.then_exits or test.else_exits)


def _is_told(event: Event, call: Call) -> bool:
    """Whether the error, or whether there are claims, makes a difference to an event."""
    for value in event_values(event):
        for part in walk(value):
            if isinstance(part, Operation) and part.operator == FAILURE:
                return True
            if isinstance(event, Tested) and any(
                isinstance(inner, Outcome) and inner.call.place == call.place
                for inner in deep(part)
            ):
                return True
    return False


def _asks(event: Event, parameters: Sequence[Parameter], callback: Value) -> bool:
    """The same of a callback that was read before it was known who calls it back."""
    names = [parameter.name for parameter in parameters[:2]]
    told = names if isinstance(event, Tested) else names[:1]
    return isinstance(callback, Closure) and any(
        isinstance(part, Param) and part.function == callback.id and part.name in told
        for value in event_values(event)
        for part in walk(value)
    )


def is_talk(project: Project, event: Event) -> bool:
    """Whether an event only tells somebody something, and changes nothing."""
    if isinstance(event, Caught):
        return True
    if not isinstance(event, Call):
        return False
    model = project.model_of(event)
    talk = model is not None and model.role in ("log", "transform")
    return talk or event.name.rpartition(".")[2] in words("showing") or is_unsent(project, event)


def is_unsent(project: Project, event: Event) -> bool:
    """Whether an answer is made that nobody is given: `HTTPException(401)` without `raise`."""
    model = project.model_of(event) if isinstance(event, Call) else None
    return (
        isinstance(event, Call)
        and event.discarded
        and event.receiver is None
        and model is not None
        and model.role == "respond"
        and model.effect != "raises"
    )
