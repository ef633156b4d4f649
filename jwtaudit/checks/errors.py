"""What a client is told when its token is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.refusals import Refusals
from jwtaudit.program.scopes import Raised, Returned, Stored
from jwtaudit.program.texts import told
from jwtaudit.program.token_sources import answers_requests
from jwtaudit.values import Call, Const, Outcome, Param, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event

_QUIET = frozenset({"status_code", "status", "headers", "code"})


@check("verification-error-disclosed")
def verification_error_disclosed(project: Project) -> Iterator[Draft]:
    """The text of the error that a verification ended with goes to the client."""
    refusals = Refusals(project)
    raised = {
        option.call.place
        for event in project.events
        if isinstance(event, Raised)
        for option in options(event.value)
        if isinstance(option, Outcome)
    }
    for event in project.events:
        if is_test(event.place.path) or (isinstance(event, Call) and event.place in raised):
            continue  # what is raised is told of where that happens
        for value in _sent(project, event):
            error = next((e for part in told(value) if (e := refusals.error_in(part))), None)
            if error is None:
                continue
            sure = Confidence.MEDIUM
            if is_demonstration(event.place.path, event.path):
                sure = Confidence.LOW
            yield Draft(
                rule="",
                place=event.place,
                message="the client is told why its token was refused: such texts name the check"
                " that failed, and what was expected instead",
                confidence=sure,
                trace=(
                    () if error.place is None else ((error.place, "the token is refused here"),)
                ),
                advice="Answer every refused token with the same text, and log the reason.",
                anchor=f"{event.scope.qualname}:error",
            )
            break


def _sent(project: Project, event: Event) -> Iterator[Value]:
    """What an event sends to the client."""
    if isinstance(event, Call):
        yield from _responded(project, event)
    elif isinstance(event, Raised):
        for option in options(event.value):
            if isinstance(option, Outcome):
                yield from _responded(project, option.call)
    elif isinstance(event, Stored):
        if _is_answer(project, event):
            yield event.value
    elif isinstance(event, Returned) and answers_requests(project, event.scope):
        yield event.value


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
    if model is not None and model.role == "respond":
        yield from (a.value for a in call.arguments if a.name not in _QUIET)
