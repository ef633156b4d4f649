"""Tokens, keys and claims in logs, on consoles and in messages of errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.bearers import (
    handling,
    is_all_cookies,
    is_all_headers,
    is_authorization,
    is_claims,
    token_evidence,
)
from jwtaudit.program.commands import is_command, is_program, is_typed_by_callers
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.development import is_taken_in_development
from jwtaudit.program.key_leaks import secret_keys, shown_keys
from jwtaudit.program.links import spoken_of
from jwtaudit.program.log_repairs import unsaid
from jwtaudit.program.logins import gives_token, gives_token_elsewhere, is_body
from jwtaudit.program.names import (
    is_called_token,
    is_link_name,
    is_masked,
    is_password_scheme,
    is_token_name,
    names_of,
    speaks_of_other,
    words,
)
from jwtaudit.program.origins import steps
from jwtaudit.program.platforms import in_browser, on_server
from jwtaudit.program.scopes import MODULE, Raised, Tested
from jwtaudit.program.texts import is_spelt, told
from jwtaudit.program.token_answers import is_answer_with_tokens, is_refusal
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import (
    Call,
    Const,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Table,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.values import Arm, FunctionId

_LOGGERS = frozenset({"log", "logger", "logging"})
_NAMED = ("trace", "debug", "info", "warning", "warn", "error", "critical", "exception", "fatal")
_LEVELS = frozenset({"log", *_NAMED, *(f"a{name}" for name in _NAMED)})  # `await log.ainfo(...)`
_WRITERS = frozenset({*_LOGGERS, *_NAMED, "echo", "print"})  # functions of the project's own
# Arguments that say how something is logged.
_MANNER = frozenset({"file", "end", "sep", "flush", "exc_info", "stack_info", "stacklevel", "fg"})
_CONSOLE = "to the console"
_CONSOLES = "js:console."
_FIELD = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(\.\d+)?[a-zA-Z]")
_TAKING_APART = frozenset({"header-peek", "decode-unverified", "transform"})
_WORTHLESS = frozenset({"decode", "signature", "expired"})  # in names of errors


class _Message(NamedTuple):
    """Something written where more people read than should see a token."""

    event: Event
    value: Value
    where: str


@check("token-logged")
def token_logged(project: Project) -> Iterator[Draft]:
    """A token, the header that holds it, or all its claims in a log or an error's message."""
    for message in _messages(project):
        for part in told(message.value):
            found = _token(project, part, message) or _claims(project, part, message)
            if found is not None:
                event = message.event
                if not is_taken_in_development(project, event.place.path, event.path):
                    yield found
                break


@check("key-logged")
def key_logged(project: Project) -> Iterator[Draft]:
    """A signing key in a log or in the message of an error."""
    for message in _messages(project) if secret_keys(project) else ():
        part = next(shown_keys(project, message.value, message.event.place.path), None)
        if part is not None:
            yield _draft(
                message,
                part,
                f"a signing key is written {message.where}: whoever reads it there can mint"
                " any token",
                "Leave it out, and replace the key: what was logged is no secret any more.",
                Confidence.HIGH,
                "key",
            )


def _token(project: Project, part: Value, message: _Message) -> Draft | None:
    path = message.event.place.path
    what, sure = "a token", token_evidence(project, part, path)
    lost = _is_lost(project, part, message)
    if path in handling(project):
        if is_authorization(part) and not is_masked(part):
            what, sure = "the `Authorization` header", Confidence.MEDIUM
        elif lost:
            pass
        elif is_all_headers(part) and not _lacks_token(project, message.event):
            what, sure = "the `Authorization` header, with all others,", Confidence.MEDIUM
        elif is_all_cookies(project, part, path):
            what, sure = "the cookie with the token, beside all others,", Confidence.MEDIUM
        elif (
            gives_token(project, message.event.scope, part, message.event.place)
            and (_is_answer(project, part) or not on_server(project, path))
            and not is_refusal(project, message.event, part)
        ):
            what, sure = "what a login answered, with the token in it,", Confidence.MEDIUM
    if (
        sure is None
        and not lost
        and not on_server(project, path)
        and gives_token_elsewhere(project, part)
        and not is_refusal(project, message.event, part)
    ):
        what, sure = "what a login answered, with the token in it,", Confidence.MEDIUM
    if not lost and _tells_answer(project, part, message.event):
        what = "what an authorization server answered, with the tokens in it,"
        sure = Confidence.HIGH
    if sure is None and path in _handing_out(project) and _may_be_token(part):
        sure = Confidence.MEDIUM
    about = (*names_of(part), spoken_of(path))
    if sure is None or any(map(is_link_name, about)) or any(map(_is_for_once, names_of(part))):
        return None  # what is sent once is of no use afterwards
    if is_password_scheme(part) or _is_unreadable(project, message.event, part):
        return None
    if any(map(speaks_of_other, _written(message.event))):
        return None
    if _is_beside_credentials(project, message.event, part):
        return None
    if isinstance(message.event, Raised):
        sure = Confidence(max(sure - 1, 0))
    return _draft(
        message,
        part,
        f"{what} is written {message.where}: whoever reads it there can act as its subject for as"
        " long as it lives",
        "Leave it out. To tell tokens apart, write the `jti` or the subject.",
        sure,
        "token",
    )


def _written(event: Event) -> Iterator[str]:
    """What is written around the values that are told."""
    for value in event_values(event):
        for part in told(value):
            if isinstance(part, Const) and isinstance(part.value, str):
                yield part.value


def _is_lost(project: Project, part: Value, message: _Message) -> bool:
    """Whether a script writes an object out within a text: ``[object Object]`` tells nothing."""
    return project.is_script(message.event.place.path) and is_spelt(part, message.value)


def _tells_answer(project: Project, part: Value, event: Event) -> bool:
    """Whether all that an authorization server answered is told, which was no refusal."""
    return (
        isinstance(event, Call)  # an error is raised where there are no tokens
        and is_answer_with_tokens(project, part)
        and not is_refusal(project, event, part)
    )


def _is_beside_credentials(project: Project, event: Event, part: Value) -> bool:
    """Whether a function is given something called token, and sends another one to be let in."""
    scope = project.scope(event.scope)
    if scope is None or not isinstance(part, Param) or words(part.name) != ("token",):
        return False
    headers = [
        value
        for each in scope.events
        for whole in event_values(each)
        for table in walk(whole)
        if isinstance(table, Table)
        for name, value in table.entries.items()
        if isinstance(name, str) and name.lower() == "authorization"
    ]
    return bool(headers) and not any(same(one, part) for header in headers for one in deep(header))


def _is_for_once(name: str) -> bool:
    """Whether a field is so called as the code in a link: ``verifyToken``."""
    return words(name)[0:1] == ("verify",)


def _is_answer(project: Project, part: Value) -> bool:
    """Whether a value is what another server has answered, or the body of it."""
    answer = part.base if isinstance(part, Member) and is_body(part) else part
    return isinstance(answer, Outcome) and has_role(project, answer, "http-request")


def _handing_out(project: Project) -> frozenset[str]:
    """The files that set cookies which are called tokens."""
    found = _cookie_files.get(project)
    if found is None:
        named = ((site.place.path, site.argument("name")) for site in project.sites("cookie"))
        found = _cookie_files[project] = frozenset(
            path
            for path, name in named
            if isinstance(name, Const) and isinstance(name.value, str) and is_token_name(name.value)
        )
    return found


_cookie_files: WeakKeyDictionary[Project, frozenset[str]] = WeakKeyDictionary()


def _may_be_token(value: Value) -> bool:
    return isinstance(value, (Member, Outcome)) and is_called_token(value) and not is_masked(value)


def _claims(project: Project, part: Value, message: _Message) -> Draft | None:
    event = message.event
    if isinstance(event, Raised) or is_demonstration(event.place.path, event.path):
        return None
    if not is_claims(project, part) or _is_lost(project, part, message):
        return None
    return _draft(
        message,
        part,
        f"all claims of a token are written {message.where}, with whatever the issuer puts there:"
        " names, addresses, rights",
        "Write the claims that help, such as `sub` and `jti`.",
        Confidence.MEDIUM,
        "claims",
    )


# -- messages ------------------------------------------------------------------------------------


def _messages(project: Project) -> Iterator[_Message]:
    for event in project.events:
        if is_test(event.place.path):
            continue
        if isinstance(event, Call):
            yield from _logged(project, event)
        elif isinstance(event, Raised):
            yield from _raised(project, event)


def _logged(project: Project, call: Call) -> Iterator[_Message]:
    logger = call.name.rpartition(".")[2] in _LEVELS
    model = project.model_of(call)
    passed: set[str] | None = None
    if call.target is not None:
        written = dict(_passed_on(project, call.target))
        if not written:
            return
        passed, logger = set(written), logger or any(written.values())
    elif model is None:
        if not logger or not _is_logger(call):
            return
    elif model.role != "log":
        return
    if not logger and (is_command(project, call) or _says_what_it_made(project, call)):
        return  # a command that was asked for the token says it
    if _is_console(project, call) and (is_command(project, call) or is_program(project, call)):
        return
    cut = _cut_fields(call)
    for index, argument in enumerate(call.arguments):
        if not logger and is_typed_by_callers(project, argument.value):
            continue  # whoever gave it sees it again
        if _is_refused(project, call, argument.value):
            continue
        if passed is not None and argument.name is not None and argument.name not in passed:
            continue
        if argument.name not in _MANNER and index not in cut:
            yield _Message(call, argument.value, "to a log" if logger else _CONSOLE)


def _says_what_it_made(project: Project, call: Call) -> bool:
    """Whether a function that only a program calls makes a token to show it."""
    scope = project.scope(call.scope)
    return (
        is_program(project, call)
        and scope is not None
        and any(_reading_role(project, e) == "sign" for e in scope.events if isinstance(e, Call))
    )


def _is_console(project: Project, call: Call) -> bool:
    """Whether a script of a server writes to what it was started on."""
    return call.name.startswith(_CONSOLES) and not in_browser(project, call.place.path)


def _passed_on(project: Project, function: FunctionId) -> Iterator[tuple[str, bool]]:
    """The parameters that a function of the project's own, called as a logger is, writes.

    And whether it is to a log, as what is called so does, or to the console.
    It may look at the others, and write something else: the claims that help.
    """
    owner, _, name = function.qualname.rpartition(".")
    writes = _LOGGERS.intersection(words(owner)) or _WRITERS.intersection(words(name))
    scope = project.scope(function) if writes else None
    for event in () if scope is None else scope.events:
        model = project.model_of(event) if isinstance(event, Call) else None
        if isinstance(event, Call) and model is not None and model.role == "log":
            log = bool(_LOGGERS.intersection(words(function.qualname)))
            log = log or event.name.rpartition(".")[2] in _LEVELS
            parts = (part for argument in event.arguments for part in told(argument.value))
            yield from ((part.name, log) for part in parts if isinstance(part, Param))


def _cut_fields(call: Call) -> frozenset[int]:
    """The arguments of which the template of a logger writes the first characters: ``%.8s``."""
    template = call.arguments[0].value if call.arguments else None
    if not isinstance(template, Const) or not isinstance(template.value, str):
        return frozenset()
    fields = _FIELD.findall(template.value)
    return frozenset(index for index, precision in enumerate(fields, 1) if precision)


def _is_logger(call: Call) -> bool:
    receiver = call.receiver
    names = [call.name.rpartition(".")[0]] if receiver is None else list(names_of(receiver))
    return any(_LOGGERS & set(words(name)[-1:]) for name in names)


def _raised(project: Project, event: Raised) -> Iterator[_Message]:
    """The text of an error; one sent back to the client tells it nothing new."""
    for option in options(event.value):
        made = option.call if isinstance(option, (Outcome, Instance)) else None
        if made is None:
            continue
        model = project.model_of(made)
        if model is not None and model.role == "respond":
            continue
        for argument in made.arguments:
            # a bare value may be kept as an attribute; a text is there to be read
            text = argument.value
            if _is_refused(project, event, text):
                continue
            if isinstance(text, Operation) or (
                isinstance(text, Outcome) and text.call.name == "str.format"
            ):
                yield _Message(event, text, "into the message of an error")


def _is_refused(project: Project, event: Event, text: Value) -> bool:
    """Whether a message is about a value of the wrong type, or an empty one: it is no token."""
    scope = project.scope(event.scope)
    return any(
        isinstance(test, Tested)
        and any(same(value, part) for value in _missing(test, event) for part in told(text))
        for test in (() if scope is None else scope.events)
    )


def _lacks_token(project: Project, event: Event) -> bool:
    """Whether a test has shown, where an event stands, that a request came without its token."""
    scope = project.scope(event.scope)
    return any(
        isinstance(test, Tested) and any(map(is_authorization, _missing(test, event)))
        for test in (() if scope is None else scope.events)
    )


def _is_unreadable(project: Project, event: Event, token: Value) -> bool:
    """Whether a token is named where it was not taken apart, or not verified: it is of no use."""
    tried = {arm.start for arm in event.path if arm.side.startswith("except")}
    worthless = any(map(_tells_worthless, event.path))
    scope = project.scope(event.scope) if tried else None
    roles = {
        _reading_role(project, call)
        for call in (() if scope is None else scope.events)
        if isinstance(call, Call)
        and any(arm.start in tried and arm.side == "try" for arm in call.path)
        and any(same(argument.value, token) for argument in call.arguments)
    }
    return bool(roles) and roles <= (_TAKING_APART | {"verify"} if worthless else _TAKING_APART)


def _tells_worthless(arm: Arm) -> bool:
    """Whether errors are caught that tell of a token that nobody will take."""
    kept, _, caught = arm.side.partition(" ")
    return kept == "except" and all(
        _WORTHLESS.intersection(words(name.rpartition(".")[2])) for name in caught.split(",")
    )


def _reading_role(project: Project, call: Call) -> str:
    model = project.model_of(call)
    if model is None and "unverified" in words(call.name):
        return "decode-unverified"  # a function of the project's own
    return "" if model is None else model.role


def _missing(test: Tested, event: Event) -> Iterator[Value]:
    """The values that a test has shown to be unfit, or nothing, where an event stands."""
    if any(test.is_side("then", arm) for arm in event.path):
        yield from _unfit(test.value)
    if any(test.is_side("else", arm) for arm in event.path):
        for option in options(test.value):
            yield from _held_against_none(option, "is not", "!=") or (option,)


def _unfit(test: Value) -> Iterator[Value]:
    """The values of which a condition says that they are not of a type, or not there."""
    for part in walk(test):
        if isinstance(part, Operation) and part.operator == "not":
            for asked in options(part.operands[0]):
                if isinstance(asked, Outcome) and asked.call.name.endswith("isinstance"):
                    yield from (argument.value for argument in asked.call.arguments[:1])
                elif isinstance(asked, Outcome) and _asks_for_form(asked.call):
                    yield from (o for value in event_values(asked.call) for o in options(value))
    for option in options(test):
        if isinstance(option, Operation) and option.operator == "not":
            yield from options(option.operands[0])
        yield from _held_against_none(option, "is", "==")


def _held_against_none(test: Value, *operators: str) -> tuple[Value, ...]:
    """The values that a comparison with None, or ``null``, asks for."""
    if not isinstance(test, Operation) or test.operator not in operators:
        return ()
    asked, other = test.operands
    return options(asked) if isinstance(other, Const) and other.value is None else ()


def _asks_for_form(call: Call) -> bool:
    """Whether a call tells if a text has some form: what has not is no token that works."""
    return call.name.rpartition(".")[2].lower() in ("match", "fullmatch", "startswith", "test")


def _draft(
    message: _Message,
    part: Value,
    text: str,
    advice: str,
    confidence: Confidence,
    subject: str,
) -> Draft:
    event = message.event
    # a script that prints what it made; a key is none the better for that
    script = event.scope.qualname == MODULE and message.where == _CONSOLE and subject != "key"
    if script or is_demonstration(event.place.path, event.path):
        confidence = Confidence(max(confidence - 1, 0))
    return Draft(
        rule="",
        place=event.place,
        message=text,
        advice=advice,
        confidence=confidence,
        trace=steps(part, event.place, "written here"),
        secrets=(part.place,) if isinstance(part, Const) and part.place is not None else (),
        anchor=f"{event.scope.qualname}:{subject}",
        repair=unsaid(message.event, part) if confidence > Confidence.LOW else None,
    )
