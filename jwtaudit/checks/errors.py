"""What a client is told when its token is refused."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.classes import library_base, lineage
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.development import is_taken_in_development, tells_of_development
from jwtaudit.program.platforms import tells_errors
from jwtaudit.program.refusals import Refusals
from jwtaudit.program.repairs import lies_in
from jwtaudit.program.scopes import Raised, Returned, Stored, Tested
from jwtaudit.program.texts import told
from jwtaudit.program.token_sources import answers_requests
from jwtaudit.program.walk.inheritance import given_to_library
from jwtaudit.values import Call, Const, Instance, Outcome, Param, Unknown, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place

_QUIET = frozenset({"status_code", "status", "headers", "code"})
_STATUS = frozenset({"status_code", "status", "http_status", "code"})
_OWN_FAULT = 500
_REFUSING = (401, 403)  # others have many reasons


@check("verification-error-disclosed")
def verification_error_disclosed(project: Project) -> Iterator[Draft]:
    """The text of the error that a verification ended with goes to the client."""
    refusals = Refusals(project)
    raised = {
        made.place
        for event in project.events
        if isinstance(event, Raised)
        for option in options(event.value)
        if (made := _made_by(project, option)) is not None
    }
    told_by: dict[Place, list[tuple[Event, Value]]] = defaultdict(list)
    for event in project.events:
        if is_test(event.place.path) or (isinstance(event, Call) and event.place in raised):
            continue  # what is raised is told of where that happens
        for value in _sent(project, event):
            found = next(
                ((part, e) for part in told(value) if (e := refusals.error_in(part))), None
            )
            if found is None or _is_hidden_in_production(project, event):
                continue
            told_by[found[0].place or event.place].append((event, found[1]))
            break
    for text, sent in told_by.items():
        if len(sent) > 1 and text.path == sent[0][0].place.path:
            yield from (_draft(text, [one]) for one in sent)
        else:
            yield _draft(text, sent)


def _draft(text: Place, sent: list[tuple[Event, Value]]) -> Draft:
    """What is told of a text: where one function makes it for several answers, at its place."""
    event, error = sent[0]
    several = len(sent) > 1 and text.path != event.place.path
    sure = Confidence.MEDIUM
    if is_demonstration(event.place.path, event.path):
        sure = Confidence.LOW
    return Draft(
        rule="",
        place=text if several else event.place,
        message="the client is told why its token was refused: such texts name the check"
        " that failed, and what was expected instead",
        confidence=sure,
        trace=() if error.place is None else ((error.place, "the token is refused here"),),
        related=tuple((e.place, "answered with it") for e, _ in sent) if several else (),
        advice="Answer every refused token with the same text, and log the reason.",
        anchor=f"{event.scope.qualname}:error",
    )


def _made_by(project: Project, error: Value) -> Call | None:
    """The call that makes an error which answers where it is raised."""
    if isinstance(error, Outcome):
        return error.call
    if isinstance(error, Instance) and (
        _is_frameworks(project, error) or _is_answered(project, error)
    ):
        return error.call
    return None


def _is_hidden_in_production(project: Project, event: Event) -> bool:
    """Whether it is sent, or chosen to be, by a test that only development passes."""
    return is_taken_in_development(project, event.place.path, event.path) or any(
        isinstance(test, Tested) and lies_in(event.place, test.place) and tells_of_development(test)
        for test in project.events
    )


def _sent(project: Project, event: Event) -> Iterator[Value]:
    """What an event sends to the client."""
    if isinstance(event, Call):
        yield from _responded(project, event)
        if not event.name and isinstance(event.receiver, Param) and event.receiver.name == "next":
            yield from _passed_on(project, event)
    elif isinstance(event, Raised):
        for option in options(event.value):
            if isinstance(option, Outcome):
                yield from _responded(project, option.call)
                if _is_plain(option.call) and tells_errors(project, event.place.path):
                    yield from _arguments(option.call)
            elif isinstance(option, Instance) and _is_frameworks(project, option):
                given = given_to_library(project.interpreter, option)
                yield from (a.value for a in given if a.name not in _QUIET)
            elif isinstance(option, Instance) and _is_answered(project, option):
                yield from _arguments(option.call)
    elif isinstance(event, Stored):
        if _is_answer(project, event):
            yield event.value
    elif isinstance(event, Returned) and answers_requests(project, event.scope):
        yield event.value


def _passed_on(project: Project, event: Call) -> Iterator[Value]:
    """What an error says that a script hands on: ``next(new Refused(error.message, 401))``."""
    for argument in event.arguments:
        for option in options(argument.value):
            if isinstance(option, Instance) and _is_answered(project, option):
                yield from _arguments(option.call)


def _is_plain(call: Call) -> bool:
    """Whether a script makes an error of no special kind: ``new Error("...")``."""
    return not call.name and isinstance(call.receiver, Unknown) and call.receiver.why == "Error"


def _is_answer(project: Project, event: Stored) -> bool:
    """Whether a script sets what its framework answers with: ``ctx.body = ...``."""
    return (
        project.is_script(event.place.path)
        and isinstance(event.key, Const)
        and event.key.value == "body"
        and isinstance(event.base, Param)
    )


def _responded(project: Project, call: Call) -> Iterator[Value]:
    model = project.model_of(call)
    if model is None or _is_kept_back(call):
        return
    if model.role == "respond" or (model.role == "exit" and _is_refused_with(call)):
        yield from _arguments(call)


def _is_refused_with(call: Call) -> bool:
    """Whether what ends a request says that it is refused: ``abort(401, "...")``."""
    return any(_is_refusal(argument.value) for argument in call.arguments)


def _is_kept_back(call: Call) -> bool:
    """Whether a framework answers with a text of its own: ``ctx.throw(500, ...)``.

    Koa does so without a status, too: ``ctx.throw(error)``.
    """
    if not call.name.endswith(".throw"):
        return False
    given = options(call.arguments[0].value) if call.arguments else ()
    told = [o.value for o in given if isinstance(o, Const) and isinstance(o.value, int)]
    if not told:
        return len(call.arguments) == 1
    return all(status >= _OWN_FAULT for status in told)  # `error.status || 500`: it has none


def _arguments(call: Call | None) -> Iterator[Value]:
    yield from (a.value for a in (call.arguments if call else ()) if a.name not in _QUIET)


def _is_frameworks(project: Project, error: Instance) -> bool:
    """Whether an error derives from one that a framework in Python answers with the text of."""
    base = library_base(project, error.cls)
    return not project.is_script(error.cls.id.path) and any(
        model.role == "respond" for model in (project.models.exactly(base) if base else ())
    )


def _is_answered(project: Project, error: Instance) -> bool:
    """Whether an error of the project's own says with which status requests are refused for it."""
    given = () if error.call is None else error.call.arguments
    if any(_is_refusal(argument.value) for argument in given):
        return True
    return any(
        _is_refusal(status)
        for scope in lineage(project, error.cls)
        for name, status in scope.names.items()
        if name in _STATUS
    )


def _is_refusal(status: Value) -> bool:
    return isinstance(status, Const) and status.value in _REFUSING
