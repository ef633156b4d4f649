"""Verification that is there and does not count: nobody heeds what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.checks.callbacks import called_back, is_required, is_talk, is_unsent, settled
from jwtaudit.checks.handed_back import handed_back
from jwtaudit.checks.passing import answered_twice, passing_on, refused_and_passed
from jwtaudit.checks.unheard import empty_but_true, unheard
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.authority_words import is_harmless, words
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.development import is_taken_in_development
from jwtaudit.program.readings import readings
from jwtaudit.program.rights import made_up_identity
from jwtaudit.program.scopes import Assigned, Caught, Raised, Returned, Stored, Tested
from jwtaudit.program.switches import turned_off
from jwtaudit.program.token_roots import alike
from jwtaudit.program.token_sources import is_own
from jwtaudit.program.travels import deep, event_values
from jwtaudit.program.verdicts import (
    answers_and_goes_on,
    handles,
    is_asked_later,
    refusing,
)
from jwtaudit.program.wording import wording
from jwtaudit.values import (
    Arm,
    Call,
    Closure,
    Const,
    Member,
    Outcome,
    Param,
    Table,
    Value,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jwtaudit.program import Project
    from jwtaudit.program.readings import Reading
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.program.sites import Site


# -- outcomes that nobody heeds --------------------------------------------------------------------


@check("verification-outcome-ignored")
def verification_outcome_ignored(project: Project) -> Iterator[Draft]:
    """A token is verified, and whatever comes of it, the program goes on."""
    tells = refusing(project)
    yield from unheard(project, tells)
    yield from _swallowed(project)
    yield from called_back(project)
    yield from settled(project)
    by_result = {function for function, sure in tells.items() if sure is not Confidence.LOW}
    yield from refused_and_passed(project, by_result)
    yield from answered_twice(project)
    yield from empty_but_true(project)
    yield from handed_back(project)


def _swallowed(project: Project) -> Iterator[Draft]:
    """Verification in a ``try`` whose handler goes on as if nothing had happened."""
    unverified = list(readings(project))
    for site in project.sites("verify", "verify-signature"):
        call = site.call.origin or site.call
        scope = project.scope(call.scope)
        if scope is None or is_test(scope.id.path):
            continue
        if any(o.effect == "signature" for o in turned_off(site)):
            continue
        for handler in scope.events:
            if not isinstance(handler, Caught) or not handles(handler, call):
                continue
            yield from _made_up(scope, call, handler)
            if all(_is_kept(e, call) or is_talk(project, e) for e in project.uses(call)):
                yield from _answered_alike(scope, call, handler)
            if handler.exits:
                if not _tries_next(project, scope):
                    yield from _let_in(scope, call, handler)
                continue
            found = _used_anyway(project, scope, site, handler, unverified)
            if found is not None:
                used, reading = found
                develops = is_taken_in_development(project, scope.id.path, reading.path)
                yield Draft(
                    "",
                    reading.place if develops else handler.place,
                    "a token that fails verification is used all the same: the error is caught, and"
                    " the claims that were read without verification go on"
                    + (" where the program is developed" if develops else ""),
                    Confidence.MEDIUM if develops else Confidence.HIGH,
                    trace=((call.place, "verified here"), (used.place, "used whatever came of it")),
                    advice="Refuse the request where the error is caught.",
                    anchor=scope.name,
                )
            elif not is_own(project, site.argument("token")) and _has_no_consequence(
                project, scope, call, handler
            ):
                yield Draft(
                    "",
                    handler.place,
                    "a token that fails verification changes nothing: the error is caught, the"
                    " claims are not used, and the function goes on",
                    Confidence.MEDIUM,
                    trace=((call.place, "verified here"),),
                    advice="Refuse the request where the error is caught.",
                    anchor=scope.name,
                )
            elif (guarded := _guarded_all_the_same(project, scope, handler)) is not None:
                yield Draft(
                    "",
                    handler.place,
                    "a token that fails verification lets its sender in all the same: the error is"
                    f" caught, and what `{_guard(scope)}` stands before is called",
                    Confidence.HIGH
                    if guarded.arguments and all(a.spread for a in guarded.arguments)
                    else Confidence.MEDIUM,
                    trace=((call.place, "verified here"), (guarded.place, "called either way")),
                    advice="Refuse the request where the error is caught.",
                    anchor=scope.name,
                )


def _made_up(scope: FunctionScope, call: Call, handler: Caught) -> Iterator[Draft]:
    """A handler that puts claims of its own in the place of those it could not verify."""
    inside = [event for event in scope.events if handler.path[-1] in event.path]
    if any(isinstance(event, Raised) for event in inside):
        return
    for event in inside:
        made_up = None
        if isinstance(event, (Assigned, Returned)):
            made_up = made_up_identity(event.value)
        elif isinstance(event, Stored) and isinstance(event.key, Const):  # g.user = "admin"
            made_up = made_up_identity(Table({event.key.value: event.value}))
            if made_up is not None and not made_up[1]:
                made_up = None  # what else is kept may be anything
        if made_up is not None:
            claim, is_all = made_up
            yield Draft(
                "",
                event.place,
                "a token that fails verification lets its sender in all the same: where the error"
                f" is caught, claims take its place that are written here (`{claim}`)",
                Confidence.HIGH if is_all else Confidence.MEDIUM,
                trace=((call.place, "verified here"), (event.place, "made up here")),
                advice="Refuse the request where the error is caught, or go on with nobody.",
                anchor=scope.name,
            )
            return


def _let_in(scope: FunctionScope, call: Call, handler: Caught) -> Iterator[Draft]:
    """A handler that answers yes, to whoever asked whether the token is good."""
    for event in scope.events:
        if (
            isinstance(event, Returned)
            and event.kind == "return"
            and handler.path[-1] in event.path
            and isinstance(event.value, Const)
            and event.value.value is True
        ):
            yield Draft(
                "",
                event.place,
                "a token that fails verification passes all the same: where the error is caught the"
                " function answers yes",
                Confidence.HIGH,
                trace=((call.place, "verified here"), (event.place, "answered here")),
                advice=f"{_written(scope, 'negative-answer')} there, or let the error pass.",
                anchor=scope.name,
            )


def _tries_next(project: Project, scope: FunctionScope) -> bool:
    """Whether yes only means that the next of several is tried: ``keys.every((key) => ...)``."""
    return any(
        event.name.rpartition(".")[2] == "every"
        and any(isinstance(a.value, Closure) and a.value.id == scope.id for a in event.arguments)
        for event in project.calls
    )


def _answered_alike(scope: FunctionScope, call: Call, handler: Caught) -> Iterator[Draft]:
    """A handler that gives the very answer that a good token gets: ``NextResponse.next()``."""
    found = {called.place: e for e in scope.events if _goes_on(e) and (called := _called(e))}
    answers = found.values()  # `return next()` is one of them
    attempt = Arm(handler.path[-1].start, "try")
    good = [  # given to every good token, and not only to some
        e
        for e in answers
        if attempt in e.path and e.order > call.order and all(arm in call.path for arm in e.path)
    ]
    bad = [e for e in answers if handler.path[-1] in e.path]
    if len(good) == len(bad) == 1 and _is_same_call(*map(_called, (good[0], bad[0]))):
        yield Draft(
            "",
            bad[0].place,
            "a token that fails verification gets the same answer as a good one: where the error is"
            " caught the function goes on just so",
            Confidence.MEDIUM,
            trace=(
                (call.place, "verified here"),
                (good[0].place, "answered so for a good token"),
                (bad[0].place, "and so for any other"),
            ),
            advice="Refuse the request where the error is caught.",
            anchor=scope.name,
        )


def _called(event: Event) -> Call | None:
    """The call that an event is, or whose outcome it gives back."""
    if isinstance(event, Returned) and isinstance(event.value, Outcome):
        return event.value.call
    return event if isinstance(event, Call) else None


def _is_same_call(one: Call | None, other: Call | None) -> bool:
    """Whether two calls are of the same function with the same arguments."""
    if one is None or other is None or one.name != other.name:
        return False
    if not one.name and not (
        one.receiver and other.receiver and same(one.receiver, other.receiver)
    ):
        return False
    given, too = one.arguments, other.arguments
    return [a.name for a in given] == [a.name for a in too] and all(
        same(a.value, b.value) for a, b in zip(given, too, strict=True)
    )


def _used_anyway(
    project: Project, scope: FunctionScope, site: Site, handler: Caught, unverified: list[Reading]
) -> tuple[Event, Reading] | None:
    """A use, after a failed verification, of claims read from the same token without it."""
    token = site.argument("token")
    for reading in unverified:
        if reading.scope != scope.id or reading.site is None:
            continue
        other = reading.site.argument("token")
        if not alike(token, other) or is_own(project, other):
            continue
        if any(arm.start == handler.path[-1].start for arm in reading.path):
            continue  # read in the handler itself, or in the same attempt
        for event in project.holders(reading.place):
            if (
                event.scope == scope.id
                and (event.order > handler.order or isinstance(event, Stored))  # what stays
                and not exclusive(event.path, handler.path)
                and not isinstance(event, (Assigned, Tested))
                and _takes_authority(event, reading)
                and event.place != site.place
            ):
                return event, reading
    return None


def _takes_authority(event: Event, reading: Reading) -> bool:
    """Whether more than the choice of a key is taken of the claims."""
    for value in event_values(event):
        for part in deep(value):
            if isinstance(part, Member) and is_harmless(part.name):
                return False
    return isinstance(event, (Returned, Stored)) or (
        isinstance(event, Call) and event.name.rpartition(".")[2] not in words("showing")
    )


def _has_no_consequence(
    project: Project, scope: FunctionScope, call: Call, handler: Caught
) -> bool:
    """Whether nothing but talk comes of a call, of its failure, and of what stands beside it."""
    start = handler.path[-1].start
    used = project.uses(call)
    if any(not _is_kept(event, call) and not is_talk(project, event) for event in used):
        return False
    inside = [
        e
        for e in scope.events
        if e is not call
        and any(arm.start == start for arm in e.path)
        and not (isinstance(e, Call) and e.order < call.order)
    ]
    if any(not _is_kept(event, call) and not is_talk(project, event) for event in inside):
        return False
    if is_asked_later(scope, handler):
        return False
    return any(_goes_on(e) for e in scope.events if e.order > handler.order)


def _goes_on(event: Event) -> bool:
    """Whether a function answers, or hands over to what it was given to go on with: `next()`."""
    if isinstance(event, Returned):
        return not _is_nothing(event.value)
    return isinstance(event, Call) and not event.name and isinstance(event.receiver, Param)


def _guarded_all_the_same(project: Project, scope: FunctionScope, handler: Caught) -> Call | None:
    """The call of what a guard that requires a token stands before, behind a failure.

    A guard is a decorator, or a function that is given what comes next: ``next()``.
    """
    outer = scope.id.qualname.rpartition(".")[0]
    later = [event for event in scope.events if event.order > handler.order]
    if any(isinstance(event, Tested) for event in later):
        return None  # it may be asked who it is
    guards = is_required(scope.short_name) and project.is_script(scope.id.path)
    inside = [e for e in scope.events if isinstance(e, Call) and handler.path[-1] in e.path]
    answered = _answers_and_goes_on(project, inside)
    if not answered and not answers_and_goes_on(project, scope, handler):
        if not guards and not is_required(outer):
            return None
        if any(not is_talk(project, event) for event in inside):
            return None  # another token may be tried, or the request refused
    for event in later:
        if (
            isinstance(event, Call)
            and isinstance(event.receiver, Param)
            and not event.name
            and (
                answered
                or event.receiver.function.qualname == outer
                or (guards and event.receiver.function == scope.id and passing_on(event))
            )
            and all(arm in handler.path for arm in event.path)
        ):
            return event
    return None


def _answers_and_goes_on(project: Project, inside: Sequence[Call]) -> bool:
    """Whether a handler of Python's only answers the request, which does not end a function.

    The answer is made, and nobody is given it; or it is sent by methods of what handles the
    request: ``self.set_status(401)``, ``self.finish()``.
    """
    said = [event for event in inside if not is_talk(project, event) or is_unsent(project, event)]
    sent = [by for event in said if (by := _sent_by(project, event)) is not None]
    return bool(said) and all(
        is_unsent(project, event)
        or any(event.receiver is not None and same(event.receiver, by) for by in sent)
        for event in said
    )


def _sent_by(project: Project, call: Call) -> Value | None:
    """What sends an answer by a method of its own."""
    model = project.model_of(call)
    sends = model is not None and model.role == "respond" and call.discarded
    return call.receiver if sends and not project.is_script(call.place.path) else None


def _guard(scope: FunctionScope) -> str:
    """What a guard is called: the outermost function, which others write above theirs."""
    outer = scope.name.partition(".")[0]
    return outer if outer.isidentifier() else scope.short_name


def _is_kept(event: Event, call: Call) -> bool:
    """Whether the result of a call is only given a name."""
    return (
        isinstance(event, Assigned)
        and isinstance(event.value, Outcome)
        and event.value.call.place == call.place
    )


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Const) and not value.value


def _written(scope: FunctionScope | None, name: str) -> str:
    """Code for advice, in the language of a function."""
    return wording(scope.module.facts.language if scope is not None else "", name)
