"""What an authorization server answers when it is asked for tokens: all of them, or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.scopes import Tested
from jwtaudit.program.token_sources import has_role
from jwtaudit.values import (
    Arm,
    Call,
    Const,
    Member,
    Operation,
    Outcome,
    Table,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event

_GRANT = "grant_type"  # RFC 6749, 4.1.3
_FINE = ("==", "<", "in", "")  # `answer.ok`, `answer.status_code == 200`, `"id_token" in answer`
_REFUSED = ("!=", ">", ">=", "not in", "not")
_JOINED = {"or": "then", "and": "else"}
_ERROR = "error"  # RFC 6749, 5.2
_REFUSALS = ("raise_for_status", "json")  # what fails where there are no tokens


def is_answer_with_tokens(project: Project, value: Value) -> bool:
    """Whether a value is all that an authorization server answered when asked for tokens."""
    if isinstance(value, Outcome) and has_role(project, value, "token-request"):
        return True
    answer = _answer_of(value)
    return (
        answer is not None
        and has_role(project, answer, "http-request")
        and any(_asks_for_tokens(argument.value) for argument in answer.call.arguments)
    )


def _answer_of(body: Value) -> Outcome | None:
    """The answer that a value is the body of: ``answer.json()``, ``answer.text``."""
    answer: Value | None = None
    if isinstance(body, Outcome) and body.call.name.rpartition(".")[2] == "json":
        answer = body.call.receiver
    elif isinstance(body, Member) and not body.item and body.name in ("content", "text"):
        answer = body.base
    return answer if isinstance(answer, Outcome) else None


def _asks_for_tokens(sent: Value) -> bool:
    return any(isinstance(option, Table) and _GRANT in option.entries for option in options(sent))


def is_refusal(project: Project, event: Event, answer: Value) -> bool:
    """Whether a test has shown, where an event stands, that the answer holds no tokens."""
    scope = project.scope(event.scope)
    events = () if scope is None else scope.events
    return _is_caught(events, event, answer) or any(
        isinstance(test, Tested) and bad in _sides(test, event)
        for test in events
        for bad in _bad_sides(test, answer)
    )


def _is_caught(events: Iterable[Event], event: Event, answer: Value) -> bool:
    """Whether an event stands where it is caught that the server refused, or sent no JSON.

    In what is tried nothing else may fail that has the tokens in its hands.
    """
    request = _answer_of(answer)
    arm = next((arm for arm in reversed(event.path) if arm.side.startswith("except")), None)
    if request is None or arm is None:
        return False
    tried = Arm(arm.start, "try")
    calls = [one for one in events if isinstance(one, Call) and tried in one.path]
    read = [one for one in calls if one.receiver is not None and same(one.receiver, request)]
    return any(one.name.rpartition(".")[2] in _REFUSALS for one in read) and all(
        one in read or one is request.call for one in calls
    )


def _bad_sides(test: Event, answer: Value) -> Iterator[str]:
    """The sides of a condition on which the server has refused."""
    for part in options(test.value) if isinstance(test, Tested) else ():
        yield from _refusing(part, answer)


def _refusing(part: Value, answer: Value) -> Iterator[str]:
    operator = part.operator if isinstance(part, Operation) else ""
    if isinstance(part, Operation) and operator in _JOINED:
        # one of several fails: `!answer.session || !answer.session.token`
        if all(_JOINED[operator] in _refusing(each, answer) for each in part.operands):
            yield _JOINED[operator]
        return
    asked = tuple(walk(part))
    if not any(_is_about(one, answer) for one in asked):
        return
    error = any(isinstance(one, Const) and one.value == _ERROR for one in asked)
    if operator in _FINE:
        yield "then" if error else "else"
    elif operator in _REFUSED:
        yield "else" if error else "then"


def _is_about(part: Value, answer: Value) -> bool:
    """Whether a part of a condition is the answer, or says how the request for it went."""
    if same(part, answer):
        return True
    request = _answer_of(answer)
    return request is not None and isinstance(part, Member) and same(part.base, request)


def _sides(test: Tested, event: Event) -> Iterator[str]:
    """The sides of a condition on which an event may stand, where it stands on one."""
    for side, other_exits in (("then", test.else_exits), ("else", test.then_exits)):
        behind = other_exits and test.order < event.order
        if behind or any(test.is_side(side, arm) for arm in event.path):
            yield side
