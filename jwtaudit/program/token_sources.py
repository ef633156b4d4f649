"""Where a token comes from: a client who sent it, or its issuer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.addresses import is_plain
from jwtaudit.program.arguments import given_by_callers
from jwtaudit.program.authority_words import says, words
from jwtaudit.program.commands import is_parameter_of_command, is_typed
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.names import words as name_words
from jwtaudit.program.scopes import Stored
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    UNKNOWN,
    Absent,
    ClassRef,
    Const,
    Env,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.values import Call, FunctionId

_MOST_PARTS = 2000
_RETURNED = re.compile(r"returned by `([\w.]+)\(")
_SELF = "self"
_STATE = ("session", "state")
# What gives a token that came from its issuer, or was kept by whom it was issued to.
_OWN = ("sign", "http-request", "environment", "storage-read")


def name_of(value: Value) -> str:
    """The last name by which the program calls a value."""
    if isinstance(value, Param):
        return value.name
    if isinstance(value, Symbol):
        return value.name.rpartition(".")[2]
    if isinstance(value, Member):
        return value.name or ""
    if isinstance(value, Unknown) and value.why.isidentifier():
        return value.why
    return ""


def name_called(call: Call) -> str:
    """The last name of what is called, known or not."""
    return call.name.rpartition(".")[2] or (name_of(call.receiver) if call.receiver else "")


def is_request(value: Value) -> bool:
    """Whether a value is a client's request, going by its type or its name."""
    if isinstance(value, Param):
        kind = value.annotation.name if isinstance(value.annotation, Symbol) else ""
        return value.name in words("requests") or kind.endswith(("Request", "Socket"))
    if isinstance(value, (Symbol, Member, Unknown)):
        return name_of(value) in words("requests")
    if isinstance(value, Outcome):
        return value.call.name.rpartition(".")[2] in words("request-giving")
    return False


def from_request(project: Project, token: Value) -> bool:
    """Whether a client of the program sent the token."""
    for part in _sent(project, token):
        if is_request(part) or (isinstance(part, Param) and is_sent(project, part)):
            return True
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            asked = model is not None and model.role in ("request", "query")
            if asked and not finds_record(part.call):
                return True
    return False


def is_sent(project: Project, parameter: Param) -> bool:
    """Whether a framework fills a parameter of what answers requests, from the request."""
    marked = isinstance(parameter.default, Outcome) and has_role(
        project, parameter.default, "request", "query"
    )
    if not marked and not isinstance(parameter.default, (Absent, Const)):
        return False
    return answers_requests(project, parameter.function)


def answers_requests(project: Project, function: FunctionId) -> bool:
    """Whether a framework calls a function for requests, by what decorates it."""
    return any(True for _ in _routes(project, function))


def addresses_answered(project: Project, function: FunctionId) -> Iterator[str]:
    """The texts in what decorates a function that answers requests: their path, for one."""
    for route in _routes(project, function):
        for argument in route.call.arguments:
            if isinstance(argument.value, Const) and isinstance(argument.value.value, str):
                yield argument.value.value


def _routes(project: Project, function: FunctionId) -> Iterator[Outcome]:
    scope = project.scope(function)
    for decorator in scope.decorators if scope is not None else ():
        if isinstance(decorator, Outcome) and has_role(project, decorator, "route"):
            yield decorator


def finds_record(call: Call) -> bool:
    """Whether ``get`` asks a database: by a manager of records, or of or with a class of them."""
    first, *others = [argument.value for argument in call.arguments] or [UNKNOWN]
    owner = "" if call.receiver is None else name_of(call.receiver)
    owner = owner or call.name.rpartition(".")[0].rpartition(".")[2]
    if owner in words("managers") or (owner[:1].isupper() and says(owner, "acting")):
        return not isinstance(first, Const)
    return bool(others) and (
        isinstance(first, ClassRef)
        or (isinstance(first, Symbol) and first.name.rpartition(".")[2][:1].isupper())
    )


def _sent(project: Project, token: Value) -> Iterator[Value]:
    """What a token consists of; what was sent to a server is no part of its answer."""
    stack = [token]
    seen: set[int] = set()
    while stack and len(seen) < _MOST_PARTS:
        for part in walk(stack.pop()):
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(part, Outcome) and not has_role(project, part, "http-request"):
                stack += (a.value for a in part.call.arguments)
                if part.call.receiver is not None:
                    stack.append(part.call.receiver)
            elif isinstance(part, Member) and not isinstance(part.key, Const):
                stack.append(part.key)


def has_role(project: Project, outcome: Outcome, *roles: str) -> bool:
    """Whether a call gave the value that has one of these roles."""
    model = project.model_of(outcome.call)
    return model is not None and model.role in roles


def is_own(project: Project, token: Value) -> bool:
    """Whether the token came from its issuer: this program, or an answer over TLS."""
    if (
        _is_kept(token)
        or _is_configured(token)
        or _is_of_client(token)
        or is_typed(token)
        or is_parameter_of_command(project, token)
        or _is_told_to_client(project, token)
        or _is_fetched_beside(project, token)
    ):
        return True
    if all(_is_answered(project, option) for option in options(token)):
        return True
    if isinstance(token, Absent) or from_request(project, token):
        return False
    if _is_renewed(project, token) or _is_given_with_others(project, token):
        return True
    return all(_came_from_issuer(project, option) for option in options(token))


def is_own_to_callers(project: Project, token: Value, depth: int = 3) -> bool:
    """Whether whoever calls the function at hand gives it a token that was issued to the program.

    One that the program signs itself shows what the function is for, and is an example.
    """
    parameters = [option for option in options(token) if isinstance(option, Param)]
    if len(parameters) < len(options(token)):
        return False
    given = [one for parameter in parameters for one in given_by_callers(project, parameter)]
    return bool(given) and all(
        (is_own(project, one) and not _is_signed_here(project, one))
        or (depth > 0 and is_own_to_callers(project, one, depth - 1))
        for one in given
    )


def _is_signed_here(project: Project, token: Value) -> bool:
    return any(isinstance(p, Outcome) and has_role(project, p, "sign") for p in deep(token))


def _is_answered(project: Project, token: Value) -> bool:
    """Whether a token is an entry of what a token endpoint gave, whatever was sent there."""
    if isinstance(token, Member) and name_of(token.base) in words("answers-of-providers"):
        return True
    if isinstance(token, Member) and token.item:
        name, base = token.name, token.base
    elif isinstance(token, Outcome) and token.call.receiver and token.call.name.endswith(".get"):
        first = token.call.arguments[0].value if token.call.arguments else None
        name, base = getattr(first, "value", None), token.call.receiver
    else:
        return False
    return name in words("answers") and all(_is_issued(project, option) for option in options(base))


def _is_issued(project: Project, answer: Value) -> bool:
    """Whether what gave a value asks a token endpoint, going by its name or by what it is given."""
    returned = {hop.place: name for hop in answer.trace for name in _RETURNED.findall(hop.what)}
    names = set(returned.values())
    calls = [call for call in project.calls if call.place in returned] if returned else []
    if isinstance(answer, Outcome):
        names.add(answer.call.name)
        calls.append(answer.call)
    told = {name.rpartition(".")[2] for name in names}
    return not told.isdisjoint(words("issuing")) or any(map(_asks_for_tokens, calls))


def _asks_for_tokens(call: Call) -> bool:
    """Whether a call is given what is called the address of a token endpoint."""
    return any(
        pairs(name).intersection(words("token-addresses"))
        for argument in call.arguments
        for option in options(argument.value)
        for name in names_of(option)
    )


def is_answer(project: Project, token: Value) -> bool:
    """Whether a token stands in the answer to a request of the program's own, over TLS."""
    if all(_is_answered(project, option) for option in options(token)):
        return True
    return not from_request(project, token) and all(
        any(isinstance(p, Outcome) and has_role(project, p, "http-request") for p in deep(option))
        and _came_from_issuer(project, option)
        for option in options(token)
    )


def tells_of_user(token: Value) -> bool:
    """Whether a token is what the issuer's userinfo endpoint answers, which need not expire."""
    return any("userinfo" in name.lower() for name in _said_of(token))


def tells_of_server(token: Value) -> bool:
    """Whether a token is what a server publishes of itself, for everyone (RFC 8414, 2.1)."""
    return any(name in words("documents") for name in _said_of(token))


def _said_of(token: Value) -> Iterator[str]:
    for part in deep(token):
        name = part.name if isinstance(part, Member) else getattr(part, "value", None)
        if isinstance(name, str):
            yield name


def is_kept_by_client(token: Value) -> bool:
    """Whether an object keeps the token in a session of its own, which is no request's."""
    while isinstance(token, Member):
        token = token.base
        own = (name.partition(".") for name in names_of(token))
        if any(first == _SELF and name.lstrip("_") in words("kept") for first, _, name in own):
            return True
    return False


def is_in_session(token: Value) -> bool:
    """Whether the token was put into a session, where only the program puts anything."""
    return _is_kept(token, _is_session)


def _is_session(name: str) -> bool:
    return name == _STATE[0]


def _is_kept(token: Value, keeps: Callable[[str], bool] | None = None) -> bool:
    """Whether the program has kept the token itself, with the session or the request."""
    given = [o for o in options(token) if not isinstance(o, (Absent, Const))]
    return bool(given) and all(
        _stands_with_kept(one, keeps or _keeps)
        or (keeps is None and any(map(_is_signed_cookie, deep(one))))
        for one in given
    )


def _is_signed_cookie(value: Value) -> bool:
    return isinstance(value, Outcome) and name_called(value.call) in words("kept-signed")


def _stands_with_kept(value: Value, keeps: Callable[[str], bool]) -> bool:
    holder: Value | None = value
    while holder is not None:
        if holder is not value and keeps(name_of(holder)):
            return True
        if isinstance(holder, Outcome) and holder.call.name.endswith(".get"):
            if any(map(keeps, holder.call.name.split("."))):
                return True
            holder = holder.call.receiver
        elif isinstance(holder, Operation) and holder.operator == "json-decode":
            holder = holder.operands[0]
        else:
            holder = holder.base if isinstance(holder, Member) else None
    return False


def _keeps(name: str) -> bool:
    return name in words("kept") or name_words(name)[:2] == _STATE


def _is_configured(token: Value) -> bool:
    """Whether the token was given to the program by whoever runs it."""
    while isinstance(token, Operation) and token.operator in ("strip", "identity"):
        token = token.operands[0]
    given = [o for o in options(token) if not isinstance(o, (Absent, Const))]
    return bool(given) and all(isinstance(one, (Env, Setting)) for one in given)


def _is_of_client(token: Value) -> bool:
    """Whether a client of some server holds the token: it was made with it, or keeps it."""
    kept = isinstance(token, Member) and not token.item
    holder = token.base if isinstance(token, Member) and kept else token
    if isinstance(holder, Instance):
        owner = holder.cls.id.qualname
    elif isinstance(holder, Param):
        owner, _, method = holder.function.qualname.rpartition(".")
        if holder.name != _SELF and (kept or method != "__init__"):
            return False
    else:
        return False
    return "client" in name_words(owner.rpartition(".")[2])


def _is_told_to_client(project: Project, token: Value) -> bool:
    """Whether a framework gives the answer of a token endpoint to a class that is told where it is.

    Such a class says where users sign in, too, and is one of the framework's for signing in.
    """
    asked = token.base if isinstance(token, Member) and token.name in words("answers") else token
    if not isinstance(asked, Param) or not (asked is not token or asked.name in words("answers")):
        return False
    scope = project.scope(asked.function)
    owner = project.classes.get(scope.cls.id) if scope is not None and scope.cls else None
    if owner is None or not any(isinstance(base, Symbol) for base in owner.bases):
        return False
    told = {pair for name in (*owner.names, *owner.methods) for pair in pairs(name)}
    return not any(
        told.isdisjoint(words(group)) for group in ("token-addresses", "sign-in-addresses")
    )


def _is_fetched_beside(project: Project, token: Value) -> bool:
    """Whether another method of the class gets the token from its issuer, under the same name.

    ``exchange(code)`` returns ``{accessToken: answer.id_token}``, ``userOf(accessToken)`` reads it.
    """
    scope = project.scope(token.function) if isinstance(token, Param) else None
    if scope is None or scope.cls is None or not isinstance(token, Param):
        return False
    methods = [s for s in list(project.functions.values()) if s.cls is not None]
    given = [
        option.entries[token.name]
        for method in methods
        if method.cls is not None and method.cls.id == scope.cls.id and method is not scope
        for option in options(method.returned)
        if isinstance(option, Table) and token.name in option.entries
    ]
    return bool(given) and all(is_answer(project, value) for value in given)


def _is_given_with_others(project: Project, token: Value) -> bool:
    """Whether a function is given an ID token with those that are issued along with it.

    A framework calls it with what a token endpoint answered: ``(accessToken, refreshToken, idToken,
    profile, done) => ...``.
    """
    scope = project.scope(token.function) if isinstance(token, Param) else None
    if not isinstance(token, Param) or scope is None or scope.definition is None:
        return False
    others = {pair for parameter in scope.definition.parameters for pair in pairs(parameter.name)}
    return "id_token" in pairs(token.name) and {"access_token", "refresh_token"} <= others


def _is_renewed(project: Project, token: Value) -> bool:
    """Whether an object keeps the token, and beside it the one with which it is renewed.

    Only whom tokens are issued to has both, or renews its own without being given one; whoever is
    shown them gets one with each request.
    """
    kept = {hop.place for part in deep(token) for hop in part.trace}
    if not kept:
        return False
    own = [event for event in project.events if isinstance(event, Stored) and _is_field(event)]
    keepers = {_owner(e) for e in own if e.place in kept}
    owners = {_owner(e) for e in own if e.place in kept and _key(e) in words("answers")}
    return any(_owner(e) in owners and _key(e) in words("renewing") for e in own) or any(
        (scope.id.path, scope.cls.id.qualname) in keepers
        and scope.short_name.lstrip("_") in words("renewed-by")
        and all(p.name == _SELF for p in scope.definition.parameters)
        for scope in list(project.functions.values())
        if scope.cls is not None and scope.definition is not None
    )


def _is_field(event: Stored) -> bool:
    return not event.item and isinstance(event.base, (Param, Instance))


def _key(event: Stored) -> str:
    return str(event.key.value).lstrip("_") if isinstance(event.key, Const) else ""


def _owner(event: Stored) -> tuple[str, str]:
    return event.scope.path, event.scope.qualname.rpartition(".")[0]


def _came_from_issuer(project: Project, token: Value) -> bool:
    if isinstance(token, (Const, Env, Setting)):
        return True
    parts = list(deep(token))
    if any(isinstance(part, Outcome) and _anyone_answers(project, part.call) for part in parts):
        return False
    for part in parts:
        if isinstance(part, Member) and _is_of_answer(part):
            return True
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role in _OWN:
                return True
            last = part.call.name.rpartition(".")[2]
            if last in words("issuing") or part.call.name.startswith("open"):
                return True
            if last == "get" and part.call.arguments:
                first = part.call.arguments[0].value
                if isinstance(first, Const) and first.value in words("answers"):
                    return True
    return False


def _is_of_answer(token: Member) -> bool:
    """Whether a token is an entry of what a token endpoint answers, going by names."""
    if token.name in words("answers-as-read"):
        return not {"token", "tokens"}.isdisjoint(name_words(name_of(token.base)))
    return token.name in words("answers")


def _anyone_answers(project: Project, call: Call) -> bool:
    """Whether a request certainly goes over a line on which anyone can answer it."""
    model = project.model_of(call)
    if model is None or model.role != "http-request":
        return False
    found = options(project.argument(call, model, "url"))
    return bool(found) and all(is_plain(option) for option in found)
